// SPDX-License-Identifier: GPL-2.0-only
//
// Other ioctls give ENOTTY; reading and writing the device gives an error.
//
// MODES: plain
#include "api.h"
#include <termios.h>

int main(void)
{
	char byte = 0;

	CHECK_ERRNO(ioctl(device(), _IO(CKPT_IOC_MAGIC, 7), 0), ENOTTY);
	CHECK_ERRNO(ioctl(device(), _IO(CKPT_IOC_MAGIC, 200), 0), ENOTTY);
	CHECK_ERRNO(ioctl(device(), _IO('x', 1), 0), ENOTTY);
	CHECK_ERRNO(ioctl(device(), TCGETS, &byte), ENOTTY);
	CHECK_EQ(read(device(), &byte, 1), -1);
	CHECK_EQ(write(device(), &byte, 1), -1);
	return ckpt_pass();
}
