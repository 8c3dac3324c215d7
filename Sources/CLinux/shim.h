/* System calls that the Glibc module does not name. */
#include <sys/signalfd.h>
#include <sys/timex.h>
#include <sys/xattr.h>
