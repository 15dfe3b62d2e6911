#ifndef TRELLIS_CONTAINER_H
#define TRELLIS_CONTAINER_H

#include <stdbool.h>
#include <sys/types.h>

#include "guard.h"
#include "plan.h"

// A process in a container, which an OCI runtime (crun or runc) makes and takes away. The plan is the
// runtime's: its executable, its options and, as the working directory, the bundle.

// Has the runtime make the container and start its process, which becomes our child: the caller is a
// subreaper. Descriptors 1 to 6 are the process's. True, or what failed.
bool container_start(const struct plan *plan, pid_t *pid, struct failure *failure);

// Whether the kernel has killed a process of the container for want of memory.
bool container_ran_out_of_memory(const struct plan *plan);

// Has the runtime take away what is left of the container: its control groups and its state.
void container_delete(const struct plan *plan);

#endif
