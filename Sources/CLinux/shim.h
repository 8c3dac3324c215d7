/* System calls and functions that the Glibc module does not name. */
#include <sys/signalfd.h>
#include <sys/timex.h>
#include <sys/xattr.h>

#include <stddef.h>

/* string.h declares it with _GNU_SOURCE only. */
extern void *memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
