// A disk that fails, for one program: LD_PRELOAD puts it between SQLite and libc. The test beside it compiles it.
//
//   DISK_FILES   how the names of the files begin that lie on it
//   DISK_NTH     which write, truncation or sync of them fails, once; 0: none
//   DISK_ONLY    of which file alone they are counted
//   DISK_CALL    "sync": that syncs alone are counted
//   DISK_BROKEN  while this file exists, each that counts fails
//   DISK_KILL    if given, the program is killed at that call instead, as kill -9 does
//   DISK_ERRNO   with what; EIO unless given
//
// A write that fails has written half. A sync that fails has lost all that was written to the file since the last one, as
// after a power cut: the kernel drops the pages that it could not write, and calls them clean. What has become of that
// is so seen at once, and not only by whoever cuts the power.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct undo { // what stood where something was written
	struct undo *before;
	char path[512];
	off_t at, size; // size of the file then
	ssize_t length;
	char old[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct undo *written;
static int calls, dying;

#define REAL(result, name, ...) \
	static result (*real)(__VA_ARGS__); \
	if (!real) real = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int real_sync(int fd) {
	REAL(int, "fdatasync", int);
	return real(fd);
}

static ssize_t real_write(int fd, const void *from, size_t length, off_t at) {
	REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
	return real(fd, from, length, at);
}

static int real_cut(int fd, off_t size) {
	REAL(int, "ftruncate64", int, off_t);
	return real(fd, size);
}

// ours finds the name of a file of ours.
static int ours(int fd, char *path) {
	const char *files = getenv("DISK_FILES");
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = files ? readlink(link, path, 511) : -1;
	if (n < 0) return 0;
	path[n] = 0;
	return strncmp(path, files, strlen(files)) == 0;
}

// fails counts a call, and tells whether it is the one.
static int fails(const char *call, const char *path) {
	const char *nth = getenv("DISK_NTH"), *broken = getenv("DISK_BROKEN"), *number = getenv("DISK_ERRNO");
	const char *only = getenv("DISK_ONLY"), *kind = getenv("DISK_CALL");
	int counts = (!only || strcmp(only, path) == 0) && (!kind || strstr(call, kind));
	int once = counts && ++calls == (nth ? atoi(nth) : 0);
	if (!once && !(counts && broken && access(broken, F_OK) == 0)) return 0;
	if (once) dprintf(2, "disk: call %d fails: %s of %s\n", calls, call, path);
	if (once && getenv("DISK_KILL")) dying = 1;
	errno = number ? atoi(number) : EIO;
	return 1;
}

static void die(void) {
	if (dying) kill(getpid(), SIGKILL), pause();
}

static void remember(int fd, const char *path, size_t length, off_t at) {
	struct stat now;
	struct undo *u = malloc(sizeof *u + length);
	if (!u || fstat(fd, &now) != 0) abort();
	strcpy(u->path, path);
	u->at = at, u->size = now.st_size, u->before = written;
	u->length = pread(fd, u->old, length, at); // no other open: closing it would give up SQLite's locks on the file
	written = u;
}

// settle forgets what stood before in a file; lost: puts it back first.
static void settle(int fd, const char *path, int lost) {
	for (struct undo **next = &written; *next;) {
		struct undo *u = *next;
		if (strcmp(u->path, path) != 0) {
			next = &u->before;
			continue;
		}
		if (lost && ((u->length > 0 && real_write(fd, u->old, u->length, u->at) != u->length) || real_cut(fd, u->size) != 0)) abort();
		*next = u->before;
		free(u);
	}
}

static ssize_t do_write(int fd, const void *from, size_t length, off_t at) {
	char path[512];
	if (!ours(fd, path)) return real_write(fd, from, length, at);
	pthread_mutex_lock(&lock);
	ssize_t n = -1;
	int failed = fails("a write", path), why = errno;
	if (!strstr(path, "-shm")) remember(fd, path, length, at); // shared memory is no part of the disk
	if (failed) real_write(fd, from, length / 2, at), die();
	else n = real_write(fd, from, length, at), why = errno;
	pthread_mutex_unlock(&lock);
	errno = why;
	return n;
}

static int do_sync(int fd) {
	char path[512];
	if (!ours(fd, path)) return real_sync(fd);
	pthread_mutex_lock(&lock);
	int failed = fails("a sync", path), why = errno;
	int n = failed ? -1 : real_sync(fd);
	die();
	settle(fd, path, failed);
	pthread_mutex_unlock(&lock);
	errno = why;
	return n;
}

static int do_cut(int fd, off_t size) {
	char path[512];
	if (!ours(fd, path)) return real_cut(fd, size);
	pthread_mutex_lock(&lock);
	int n = -1;
	if (!fails("a truncation", path)) n = real_cut(fd, size);
	else die();
	int why = errno;
	pthread_mutex_unlock(&lock);
	errno = why;
	return n;
}

ssize_t pwrite(int fd, const void *from, size_t length, off_t at) { return do_write(fd, from, length, at); }
ssize_t pwrite64(int fd, const void *from, size_t length, off_t at) { return do_write(fd, from, length, at); }
int fsync(int fd) { return do_sync(fd); }
int fdatasync(int fd) { return do_sync(fd); }
int ftruncate(int fd, off_t size) { return do_cut(fd, size); }
int ftruncate64(int fd, off_t size) { return do_cut(fd, size); }
