// Swift's Glibc module has no eventfd; the loop around libmosquitto waits on one.
#include <sys/eventfd.h>

#include <mosquitto.h>
#include <mqtt_protocol.h>

// Nor has it this one, which sched.h declares for C with GNU extensions only.
extern int unshare(int flags);

// CLONE_FS of sched.h: the calling thread gets a working folder of its own.
static const int unshare_working_folder = 0x00000200;
