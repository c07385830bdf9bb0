/*
 * Checkpoints: what the write-ahead log holds is copied into the database by a thread of its own.
 *
 * SQLite would let the commit that fills the log copy all of it, and every client whose commit is in that group, or waits for the next,
 * would wait for thousands of pages and a sync. Copying (SQLITE_CHECKPOINT_PASSIVE) goes on beside commits; only the last few pages that
 * came meanwhile are left for another pass, until none is and the writer begins the log anew.
 */
#include "store.h"

#include <signal.h>
#include <stdio.h>

/* Pages of the log from one series of passes to the next. SQLite's own figure is 1000: a sync of that many pages holds up those of the
 * commits beside it, and the 99th percentile of a commit was half as much again. */
#define EVERY 128
/* Pages at which a commit waits and copies itself, since the disk does not keep up: 32 MiB of log. */
#define MOST 8192
/* Passes of one series: each has less to do than the one before, but on a disk that is slower than the commits. */
#define PASSES 8

/* One pass. Returns whether something is left that another pass may copy. The caller holds `pass`. */
static int copy(store *self, sqlite3 *db)
{
    int pages = 0, copied = 0;
    int code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
    int failed = code != SQLITE_OK && code != SQLITE_BUSY;
    if (failed && !self->has_failed && self->host != NULL && self->host->log != NULL) {
        char text[600];
        snprintf(text, sizeof text, "cannot copy the write-ahead log into %.250s: %.180s; the log grows until that works", self->path,
                 sqlite3_errmsg(db));
        self->host->log(self->host->context, KCM_LOG_WARNING, text);
    }
    /* Said once for each time that it begins. */
    self->has_failed = failed;
    return code == SQLITE_OK && copied < pages;
}

static void *work(void *opaque)
{
    store *self = opaque;
    pthread_mutex_lock(&self->mutex);
    while (1) {
        while (!self->stops && self->pages < self->next) {
            pthread_cond_wait(&self->filled, &self->mutex);
        }
        if (self->stops) {
            break;
        }
        int is_left = 1;
        for (int i = 0; i < PASSES && is_left && !self->stops; i++) {
            pthread_mutex_unlock(&self->mutex);
            pthread_mutex_lock(&self->pass);
            is_left = copy(self, self->copier);
            pthread_mutex_unlock(&self->pass);
            pthread_mutex_lock(&self->mutex);
        }
        self->next = self->pages + EVERY;
    }
    pthread_mutex_unlock(&self->mutex);
    return NULL;
}

/* On the writing thread, after each commit: so many pages are in the log. */
static int committed(void *opaque, sqlite3 *db, const char *name, int pages)
{
    store *self = opaque;
    (void)name;
    pthread_mutex_lock(&self->mutex);
    if (pages < self->pages) {
        self->next = EVERY; /* a log that was begun anew */
    }
    self->pages = pages;
    int is_due = pages >= self->next;
    pthread_mutex_unlock(&self->mutex);
    if (is_due) {
        pthread_cond_signal(&self->filled);
    }
    if (pages >= MOST) {
        pthread_mutex_lock(&self->pass);
        (void)copy(self, db);
        pthread_mutex_unlock(&self->pass);
    }
    /* The commit is durable, whatever became of the copy. */
    return SQLITE_OK;
}

int32_t start_checkpoints(store *self, kcm_error *error)
{
    int32_t code = sqlite_connect(self, SQLITE_OPEN_READWRITE, &self->copier, error);
    if (code != KCM_OK) {
        return code;
    }
    if (sqlite3_exec(self->copier, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL) != SQLITE_OK) {
        return sqlite_fail(self, self->copier, "cannot use", error);
    }
    self->next = EVERY;
    /* The daemon's signals are for its own threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&self->thread, NULL, work, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        return common_fail_errno(error, failed, "cannot start a thread for", self->path);
    }
    self->has_thread = 1;
    sqlite3_wal_hook(self->writer, committed, self);
    return KCM_OK;
}

void stop_checkpoints(store *self)
{
    if (self->has_thread) {
        pthread_mutex_lock(&self->mutex);
        self->stops = 1;
        pthread_mutex_unlock(&self->mutex);
        pthread_cond_signal(&self->filled);
        pthread_join(self->thread, NULL);
    }
    sqlite3_close(self->copier);
}
