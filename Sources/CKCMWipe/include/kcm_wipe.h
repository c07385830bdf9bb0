/* Wipes heap memory when it is freed, in the whole process of an executable that links this target. */
#ifndef KCM_WIPE_H
#define KCM_WIPE_H

/* 1 where libraries that the process loads free their memory here, so that what a freed block held is gone; 0 where they do not, as under
 * a sanitizer, which has an allocator of its own. Any thread. */
int kcm_free_is_wiping(void);

#endif
