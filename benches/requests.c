/*
 * What benches/wrap.sh loads.
 *
 *   requests serve PATH       answers each request on a socket that it binds, or with `-` on one
 *                             that was passed on as descriptor 3, from two threads
 *   requests load PATH SECS   16 connections that ask again and again; prints requests per second
 */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 16, EVENTS = 64, THREADS = 2 };

static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	return address;
}

static void watch(int epoll, int fd, unsigned int more)
{
	struct epoll_event event = { .events = EPOLLIN | more, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		err(1, "epoll_ctl");
}

static void *answers(void *argument)
{
	int listener = *(int *)argument;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[EVENTS];
	char buffer[4096];

	watch(epoll, listener, EPOLLEXCLUSIVE);
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			if (fd == listener) {
				int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

				if (client >= 0)
					watch(epoll, client, 0);
			} else if (read(fd, buffer, sizeof buffer) <= 0 ||
				   send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) {
				close(fd);
			}
		}
	}
	return NULL;
}

static void serve(const char *path)
{
	int listener = 3;
	pthread_t threads[THREADS];

	if (strcmp(path, "-") != 0) {
		struct sockaddr_un place = address(path);

		listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(listener, (struct sockaddr *)&place, sizeof place) != 0)
			err(1, "bind %s", path);
	}
	/* The same backlog for both. */
	if (listen(listener, 4096) != 0)
		err(1, "listen");
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, answers, &listener);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void load(const char *path, double seconds)
{
	struct sockaddr_un place = address(path);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[EVENTS];
	char buffer[4096];
	long done = 0;
	double begin;

	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&place, sizeof place) != 0)
			err(1, "connect %s", path);
		watch(epoll, fd, 0);
		if (write(fd, request, sizeof request - 1) < 0)
			err(1, "write");
	}
	begin = now();
	while (now() - begin < seconds) {
		int count = epoll_wait(epoll, events, EVENTS, 1000);

		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			if (read(fd, buffer, sizeof buffer) <= 0 || write(fd, request, sizeof request - 1) < 0)
				errx(1, "the server has closed");
			done++;
		}
	}
	printf("%.0f\n", done / (now() - begin));
}

int main(int count, char **words)
{
	if (count == 3 && strcmp(words[1], "serve") == 0)
		serve(words[2]);
	else if (count == 4 && strcmp(words[1], "load") == 0)
		load(words[2], atof(words[3]));
	else
		errx(2, "serve PATH|-, or load PATH SECONDS");
	return 0;
}
