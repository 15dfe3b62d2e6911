#ifndef TRELLIS_DESCENDANTS_H
#define TRELLIS_DESCENDANTS_H

// Kills and reaps every descendant of the calling process, which must be a subreaper, and returns when there
// is none left. It waits for a process that may not be killed (one that has become another user) to end by
// itself.
void descendants_kill(void);

#endif
