/* The two clocks: one that only moves forward, for waiting; and the calendar's, for stamping. */
#ifndef CT_OS_CLOCK_H
#define CT_OS_CLOCK_H

#include <stdint.h>

int64_t ct_clock_mono_ms(void); /* milliseconds since some fixed moment; stands still while the machine sleeps */
int64_t ct_clock_real_us(void); /* microseconds since 1970 UTC; may jump */

#endif
