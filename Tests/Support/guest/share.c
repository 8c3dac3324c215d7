/* share: shares, again and again, what a task may share with others: threads that come and go, children by vfork and by posix_spawn, processes with the
   memory, the open files or the folders of their parent, credentials and namespaces that change, pages whose rights change. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char stack[1 << 16];

static void *brief(void *unused) { usleep(rand() % 3000); return unused; }

static void *threads(void *unused) {
  for (;;) {
    pthread_t made[4];
    for (int i = 0; i < 4; i++) if (pthread_create(&made[i], 0, brief, 0)) made[i] = 0;
    for (int i = 0; i < 4; i++) if (made[i]) pthread_join(made[i], 0);
  }
  return unused;
}

static int child(void *unused) { (void)unused; usleep(2000); _exit(0); }

static void clones(void) {
  static const int kinds[] = {CLONE_VM, CLONE_FILES, CLONE_FS, CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND, CLONE_NEWNS | CLONE_NEWUTS, CLONE_NEWIPC};
  for (unsigned i = 0;; i++) {
    int made = clone(child, stack + sizeof stack, kinds[i % 6] | SIGCHLD, 0);
    if (made > 0) waitpid(made, 0, 0);
    usleep(1000);
  }
}

static void spawns(void) {
  char *arguments[] = {"/bin/true", 0};
  static unsigned i;
  for (;; i++) {
    pid_t made;
    if (i % 2) {
      if (posix_spawn(&made, arguments[0], 0, 0, arguments, environ) == 0) waitpid(made, 0, 0);
    } else {
      made = vfork();
      if (made == 0) { execv(arguments[0], arguments); _exit(1); }
      if (made > 0) waitpid(made, 0, 0);
    }
  }
}

static void rights(void) {
  char *pages = mmap(0, 64 << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) _exit(1);
  for (unsigned i = 0;; i++) {
    static const int kinds[] = {PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC, PROT_READ, PROT_NONE, PROT_READ | PROT_WRITE | PROT_EXEC};
    if (mprotect(pages, 64 << 12, kinds[i % 5])) _exit(1);
    if (i % 5 == 0) memset(pages, (int)i, 64 << 12);
    usleep(500);
  }
}

static void users(void) {
  for (unsigned i = 0;; i++) {
    if (seteuid(1000 + i % 3)) _exit(1);
    if (access("/bin/true", X_OK)) usleep(1);
    if (seteuid(0)) _exit(1);
    usleep(800);
  }
}

static void namespaces(void) {
  for (;;) { if (unshare(CLONE_NEWUTS | CLONE_FS | CLONE_FILES)) _exit(1); usleep(1500); }
}

int main(void) {
  void (*parts[])(void) = {clones, spawns, rights, users, namespaces};
  for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) if (fork() == 0) { parts[i](); _exit(1); }
  pthread_t made;
  pthread_create(&made, 0, threads, 0);
  for (;;) pause();
}
