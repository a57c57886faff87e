/* What is built zeroes every variable first, so that a mistake shows nothing old. CT_UNSET behind a name leaves a large one as it is: for
 * those that are written before they are read, and made thousands of times a second. */
#ifndef CT_BASE_UNSET_H
#define CT_BASE_UNSET_H

#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define CT_UNSET __attribute__((uninitialized))
#endif
#endif
#ifndef CT_UNSET
#define CT_UNSET
#endif

#endif
