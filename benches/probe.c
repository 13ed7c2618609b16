/*
 * What benches/probe.sh measures against.
 *
 *   probe FILE             for each path in FILE: pins it, makes sure that it is a socket, connects,
 *                          asks for the peer, and closes; no more than a connect test has to do
 *   probe serve DIR COUNT  COUNT sockets in DIR that accept and close, until standard input ends
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void one(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ucred peer;
	socklen_t length = sizeof peer;
	struct stat facts;
	int pinned = open(path, O_PATH | O_CLOEXEC);

	if (pinned < 0 || fstat(pinned, &facts) != 0 || !S_ISSOCK(facts.st_mode))
		err(1, "%s", path);
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", pinned);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (client < 0 || connect(client, (struct sockaddr *)&address, sizeof address) != 0)
		err(1, "%s", path);
	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
		err(1, "%s", path);
	close(client);
	close(pinned);
}

static int probe(const char *list)
{
	static char path[4096];
	FILE *file = fopen(list, "r");
	int count = 0;

	if (!file)
		err(1, "%s", list);
	for (; fgets(path, sizeof path, file); count++) {
		path[strcspn(path, "\n")] = 0;
		one(path);
	}
	printf("%d live\n", count);
	return 0;
}

static int serve(const char *directory, int count)
{
	struct rlimit files = { .rlim_cur = count + 64, .rlim_max = count + 64 };
	struct epoll_event ready[256];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		err(1, "setrlimit");
	for (int number = 0; number < count; number++) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		struct epoll_event event = { .events = EPOLLIN };

		snprintf(address.sun_path, sizeof address.sun_path, "%s/%05d.sock", directory, number);
		event.data.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (bind(event.data.fd, (struct sockaddr *)&address, sizeof address) != 0 ||
		    listen(event.data.fd, 64) != 0 ||
		    epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) != 0)
			err(1, "%s", address.sun_path);
	}
	struct epoll_event end = { .events = EPOLLIN, .data.fd = 0 };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &end) != 0)
		err(1, "standard input");
	puts("ready");
	fflush(stdout);
	for (;;) {
		int many = epoll_wait(epoll, ready, 256, -1);

		for (int at = 0; at < many; at++) {
			if (ready[at].data.fd == 0)
				return 0;
			int client = accept4(ready[at].data.fd, NULL, NULL, SOCK_CLOEXEC);

			if (client >= 0)
				close(client);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], atoi(argv[3]));
	if (argc == 2)
		return probe(argv[1]);
	fputs("usage: probe FILE | probe serve DIR COUNT\n", stderr);
	return 2;
}
