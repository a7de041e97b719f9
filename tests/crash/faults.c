/*
 * faults: a disk that fails when a test says so. Loaded in front of the C library (LD_PRELOAD), it lets writes
 * to files under one folder fail, or end short, as a full or a broken disk would.
 *
 *     FAULTS_FOLDER     the folder; files elsewhere are left alone
 *     FAULTS_SUFFIX     where set, only files whose names end so are meant
 *     FAULTS_CONTROL    a file of 16 bytes, little-endian, that the test rewrites while the program runs:
 *
 *     offset 0   i64    room: bytes that may still be written; counted down
 *     offset 8   i32    the errno of a write past that; 0: writes succeed
 *     offset 12  i32    the errno of fsync and fdatasync; 0: they succeed
 *
 * A write that room holds in part is cut there, and the next one fails: so does a full disk.
 */
/* Both names of pwrite are taken, so neither may stand for the other. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

struct control {
	_Atomic int64_t room;
	_Atomic int32_t write_errno, sync_errno;
};

/* The C library's own functions behind ours. The dlsym of a function is found again for each call: this is a
 * tool of tests. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static struct control *control;
static const char *folder, *suffix = "";

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULTS_CONTROL");
	int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *mapped = MAP_FAILED;

	folder = getenv("FAULTS_FOLDER");
	if (getenv("FAULTS_SUFFIX"))
		suffix = getenv("FAULTS_SUFFIX");
	if (file >= 0)
		mapped = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (mapped == MAP_FAILED || !folder) {
		fprintf(stderr, "faults: FAULTS_FOLDER and FAULTS_CONTROL are needed\n");
		_exit(2);
	}
	close(file);
	control = mapped;
}

/* Whether the file lies under the folder, and has the suffix. */
static int is_meant(int file)
{
	char link[64], path[4096];
	size_t size = strlen(folder), end = strlen(suffix);
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	length = readlink(link, path, sizeof(path));
	return length > (ssize_t)(size + end) && memcmp(path, folder, size) == 0 && path[size] == '/' &&
	       memcmp(path + length - end, suffix, end) == 0;
}

/* How many of the bytes may be written; -1 and errno where none. */
static ssize_t admit(int file, size_t size)
{
	int number = control ? atomic_load(&control->write_errno) : 0;
	int64_t room;

	if (!number || !size || !is_meant(file))
		return (ssize_t)size;
	room = atomic_fetch_sub(&control->room, (int64_t)size);
	if (room >= (int64_t)size)
		return (ssize_t)size;
	atomic_store(&control->room, 0);
	if (room > 0)
		return (ssize_t)room;
	errno = number;
	return -1;
}

ssize_t write(int file, const void *bytes, size_t size)
{
	ssize_t admitted = admit(file, size);

	return admitted < 0 ? -1 : NEXT(write)(file, bytes, (size_t)admitted);
}

static ssize_t write_at(int file, const void *bytes, size_t size, off_t offset)
{
	ssize_t admitted = admit(file, size);

	return admitted < 0 ? -1 : NEXT(pwrite)(file, bytes, (size_t)admitted, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset)
{
	return write_at(file, bytes, size, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset)
{
	return write_at(file, bytes, size, offset);
}

static int sync_fails(int file)
{
	int number = control ? atomic_load(&control->sync_errno) : 0;

	if (!number || !is_meant(file))
		return 0;
	errno = number;
	return 1;
}

int fsync(int file)
{
	return sync_fails(file) ? -1 : NEXT(fsync)(file);
}

int fdatasync(int file)
{
	return sync_fails(file) ? -1 : NEXT(fdatasync)(file);
}
