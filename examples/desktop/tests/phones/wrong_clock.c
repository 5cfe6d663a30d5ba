/* A wall clock that is wrong by WRONG_BY_SECONDS; the monotonic one goes as it should. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    const char *by = getenv("WRONG_BY_SECONDS");
    if (failed == 0 && by != NULL && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += atol(by);
    return failed;
}
