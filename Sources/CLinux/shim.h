/* System calls and functions that the Glibc module does not name. */
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/xattr.h>
#include <unistd.h>

/* string.h declares it with _GNU_SOURCE only. */
extern void *memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);

/* prctl(2) and syscall(2) take any number of arguments, which Swift does not import. */
static inline int process_control(int option, unsigned long value) { return prctl(option, value, 0UL, 0UL, 0UL); }

static inline int landlock_create_ruleset(const struct landlock_ruleset_attr *attr, size_t size, uint32_t flags) {
  return (int)syscall(SYS_landlock_create_ruleset, attr, size, flags);
}

static inline int landlock_add_rule(int ruleset, enum landlock_rule_type type, const void *attr, uint32_t flags) {
  return (int)syscall(SYS_landlock_add_rule, ruleset, type, attr, flags);
}

static inline int landlock_restrict_self(int ruleset, uint32_t flags) {
  return (int)syscall(SYS_landlock_restrict_self, ruleset, flags);
}
