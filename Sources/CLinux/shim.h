/* System calls and functions that the Glibc module does not name. */
#include <linux/landlock.h>
#include <linux/memfd.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
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

/* A file in memory without a place in any folder; closed where another program is started (memfd_create(2)). */
static inline int anonymous_file(const char *name) { return (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC); }

static inline int landlock_create_ruleset(const struct landlock_ruleset_attr *attr, size_t size, uint32_t flags) {
  return (int)syscall(SYS_landlock_create_ruleset, attr, size, flags);
}

static inline int landlock_add_rule(int ruleset, enum landlock_rule_type type, const void *attr, uint32_t flags) {
  return (int)syscall(SYS_landlock_add_rule, ruleset, type, attr, flags);
}

static inline int landlock_restrict_self(int ruleset, uint32_t flags) {
  return (int)syscall(SYS_landlock_restrict_self, ruleset, flags);
}

/* Mapped files, and what is said of one that ends before its mapping: whoever cut it takes bytes away that a pointer still leads to, and the
   kernel answers with SIGBUS. What is called in a handler must be C. */
struct watched_mapping {
  uintptr_t start; /* 0 where the place is free */
  size_t count;
  size_t length;
  char sentence[2048];
};

/* Variables stand in functions: those of a header itself are not made where Swift imports it. */
enum { watched_count = 64 };
static inline struct watched_mapping *watched_mappings(void) {
  static struct watched_mapping all[watched_count];
  return all;
}
static inline struct sigaction *watched_before(void) {
  static struct sigaction before;
  return &before;
}

static inline void watched_fault(int number, siginfo_t *info, void *context) {
  (void)context;
  uintptr_t place = (uintptr_t)info->si_addr;
  for (int i = 0; i < watched_count; i++) {
    struct watched_mapping *one = &watched_mappings()[i];
    uintptr_t start = __atomic_load_n(&one->start, __ATOMIC_ACQUIRE);
    if (start <= 1 || place < start || place - start >= one->count) continue;
    (void)!write(2, one->sentence, one->length);
    _exit(2);
  }
  /* Not ours: the access is repeated, or a signal that somebody sent comes again, under the handler that was there before. */
  sigaction(SIGBUS, watched_before(), 0);
  if (info->si_code <= 0) raise(number);
}

static inline int watch_faults(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = watched_fault;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGBUS, &action, watched_before());
}

/* Returns the place that is given back to `unwatch_mapping`; -1 where none is free. The sentence ends with a line's end, and is cut at the capacity. */
static inline int watch_mapping(const void *start, size_t count, const void *sentence, size_t length) {
  for (int i = 0; i < watched_count; i++) {
    struct watched_mapping *one = &watched_mappings()[i];
    uintptr_t expected = 0;
    /* 1 takes the place, and is no address of a mapping. */
    if (!__atomic_compare_exchange_n(&one->start, &expected, 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) continue;
    one->count = count;
    one->length = length < sizeof one->sentence ? length : sizeof one->sentence;
    memcpy(one->sentence, sentence, one->length);
    __atomic_store_n(&one->start, (uintptr_t)start, __ATOMIC_RELEASE);
    return i;
  }
  return -1;
}

static inline void unwatch_mapping(int place) {
  if (place >= 0) __atomic_store_n(&watched_mappings()[place].start, 0, __ATOMIC_RELEASE);
}

/* What is said when a signal ends the program, and which unfinished file goes with it. */
struct interrupt_notice {
  size_t length;
  char sentence[1024];
  char file[4096 + 1]; /* empty where there is none */
};
static inline struct interrupt_notice *interrupt_notice(void) {
  static struct interrupt_notice notice;
  return &notice;
}

static inline void interrupted(int number) {
  (void)number;
  struct interrupt_notice *notice = interrupt_notice();
  if (notice->file[0]) (void)unlink(notice->file);
  (void)!write(2, notice->sentence, notice->length);
  _exit(2);
}

/* A signal that whoever started the program had ignored stays ignored. A length of 0 gives the signals their own action back. */
static inline void tell_interrupt(const void *sentence, size_t length) {
  struct interrupt_notice *notice = interrupt_notice();
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action, before;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < 3; i++) sigaddset(&action.sa_mask, numbers[i]);
  action.sa_handler = length ? interrupted : SIG_DFL;
  if (length) {
    notice->length = length < sizeof notice->sentence ? length : sizeof notice->sentence;
    memcpy(notice->sentence, sentence, notice->length);
  }
  for (int i = 0; i < 3; i++) {
    if (sigaction(numbers[i], 0, &before) != 0 || before.sa_handler == SIG_IGN) continue;
    sigaction(numbers[i], &action, 0);
  }
}

/* A path that is too long is not kept. */
static inline void remove_when_interrupted(const char *file) {
  struct interrupt_notice *notice = interrupt_notice();
  notice->file[0] = 0;
  size_t length = file ? strlen(file) : 0;
  if (!length || length >= sizeof notice->file) return;
  memcpy(notice->file + 1, file + 1, length);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  notice->file[0] = file[0];
}
