#include "support/failing_vfs.h"

#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

static sqlite3_vfs shim, *real;
static bool armed, persistent, failed;
static unsigned countdown;

struct file {
    sqlite3_file base;
    sqlite3_file *under;
};

static sqlite3_file *under(sqlite3_file *f) { return ((struct file *)(void *)f)->under; }

static bool fails(void)
{
    if (!armed || (failed && !persistent)) return false;
    if (!failed && countdown-- > 0) return false;
    failed = true;
    return true;
}

static int x_close(sqlite3_file *f) { return under(f)->pMethods ? under(f)->pMethods->xClose(under(f)) : SQLITE_OK; }
static int x_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) { return under(f)->pMethods->xRead(under(f), to, n, at); }

static int x_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    if (!fails()) return under(f)->pMethods->xWrite(under(f), from, n, at);
    if (n > 1) (void)under(f)->pMethods->xWrite(under(f), from, n / 2, at);
    return SQLITE_FULL;
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 n) { return fails() ? SQLITE_IOERR_TRUNCATE : under(f)->pMethods->xTruncate(under(f), n); }
static int x_sync(sqlite3_file *f, int flags) { return fails() ? SQLITE_IOERR_FSYNC : under(f)->pMethods->xSync(under(f), flags); }
static int x_size(sqlite3_file *f, sqlite3_int64 *n) { return under(f)->pMethods->xFileSize(under(f), n); }
static int x_lock(sqlite3_file *f, int how) { return under(f)->pMethods->xLock(under(f), how); }
static int x_unlock(sqlite3_file *f, int how) { return under(f)->pMethods->xUnlock(under(f), how); }
static int x_reserved(sqlite3_file *f, int *out) { return under(f)->pMethods->xCheckReservedLock(under(f), out); }
static int x_control(sqlite3_file *f, int op, void *arg) { return under(f)->pMethods->xFileControl(under(f), op, arg); }
static int x_sector(sqlite3_file *f) { return under(f)->pMethods->xSectorSize(under(f)); }
static int x_device(sqlite3_file *f) { return under(f)->pMethods->xDeviceCharacteristics(under(f)); }
static int x_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) { return under(f)->pMethods->xShmMap(under(f), page, size, extend, out); }
static int x_shm_lock(sqlite3_file *f, int offset, int n, int flags) { return under(f)->pMethods->xShmLock(under(f), offset, n, flags); }
static void x_shm_barrier(sqlite3_file *f) { under(f)->pMethods->xShmBarrier(under(f)); }
static int x_shm_unmap(sqlite3_file *f, int remove) { return under(f)->pMethods->xShmUnmap(under(f), remove); }

static const sqlite3_io_methods methods = {
    .iVersion = 2, .xClose = x_close, .xRead = x_read, .xWrite = x_write, .xTruncate = x_truncate, .xSync = x_sync, .xFileSize = x_size, .xLock = x_lock,
    .xUnlock = x_unlock, .xCheckReservedLock = x_reserved, .xFileControl = x_control, .xSectorSize = x_sector, .xDeviceCharacteristics = x_device,
    .xShmMap = x_shm_map, .xShmLock = x_shm_lock, .xShmBarrier = x_shm_barrier, .xShmUnmap = x_shm_unmap,
};

static int x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct file *mine = (struct file *)(void *)f;
    (void)vfs;
    mine->under = (sqlite3_file *)(void *)(mine + 1);
    int code = real->xOpen(real, name, mine->under, flags, out);
    mine->base.pMethods = mine->under->pMethods ? &methods : NULL;
    return code;
}

void failing_vfs_install(void)
{
    if (real) return;
    real = sqlite3_vfs_find(NULL);
    shim = *real; /* what is not a file's goes to the real one, which does not look at its own struct's size */
    shim.zName = "failing";
    shim.szOsFile = (int)sizeof(struct file) + real->szOsFile;
    shim.xOpen = x_open;
    (void)sqlite3_vfs_register(&shim, 1);
}

void failing_vfs_arm(unsigned fail_at, bool for_good)
{
    armed = true;
    failed = false;
    countdown = fail_at;
    persistent = for_good;
}

bool failing_vfs_disarm(void)
{
    armed = false;
    return failed;
}
