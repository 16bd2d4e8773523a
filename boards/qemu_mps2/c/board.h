#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Something has happened: board_wait() returns, or does not begin to wait.
extern volatile bool board_event;

void board_random(uint8_t *to, size_t count);

void uart_start(void);
bool uart_is_blocked(void);
void uart_interrupt(void);

void heap_watch(bool on);
