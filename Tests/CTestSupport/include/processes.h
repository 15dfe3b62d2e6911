// What Swift's Glibc module lacks for watching processes.

// pidfd_open: a descriptor that is readable once the process has ended; -1 when there is no such process.
int open_process(int pid);

// Starts a program whose standard output and error are one pipe, and whose standard input is `input`.
//
// No other descriptor is handed on, and none of this process's is left open in another child. Returns its process id and
// the pipe's reading end in `output`, or a negated errno.
int start_program(const char *path, char *const arguments[], int input, int *output);
