/*
 * The crew of glibc's pthread_mutex_t: the same loop as bench/loop.ts, so that both are measured in one interleaved run.
 *
 * stdin   "round ACTIVE OPS STEPS" or "timed ACTIVE MS STEPS", one a line
 * stdout  round: "START END" in ns per thread; timed: "OPS LONGEST_NS" per thread; then "counted N"
 * Exit    0 at the end of stdin
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t gate;
static volatile int32_t counter, sink;
static long amount, steps;
static int timed;

static struct outcome {
	int64_t first, second;
} outcome[MOST] __attribute__((aligned(64)));

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void work(void)
{
	uint32_t x = (uint32_t)sink;

	for (long i = 0; i < steps; i++) {
		x = x * 1664525u + 1013904223u;
		__asm__ volatile("" : "+r"(x));
	}
	sink = (int32_t)x;
}

static void run_round(struct outcome *mine)
{
	mine->first = now();
	for (long i = 0; i < amount; i++) {
		pthread_mutex_lock(&lock);
		counter = counter + 1;
		if (steps > 0)
			work();
		pthread_mutex_unlock(&lock);
	}
	mine->second = now();
}

static void run_timed(struct outcome *mine)
{
	const int64_t end = now() + amount * 1000000LL;
	int64_t ops = 0, longest = 0, before = now(), after;

	do {
		pthread_mutex_lock(&lock);
		after = now();
		counter = counter + 1;
		if (steps > 0)
			work();
		pthread_mutex_unlock(&lock);
		if (after - before > longest)
			longest = after - before;
		ops++;
		before = now();
	} while (before < end);
	mine->first = ops;
	mine->second = longest;
}

static void *serve(void *mine)
{
	pthread_barrier_wait(&gate);
	if (timed)
		run_timed(mine);
	else
		run_round(mine);
	return NULL;
}

int main(void)
{
	char what[8];
	int active;

	/* Ctrl-C is for whoever asks: he ends this program by closing its input. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	while (scanf("%7s %d %ld %ld", what, &active, &amount, &steps) == 4) {
		pthread_t threads[MOST];

		if (active < 1 || active > MOST)
			return 2;
		timed = strcmp(what, "timed") == 0;
		counter = 0;
		pthread_barrier_init(&gate, NULL, (unsigned)active);
		for (int i = 0; i < active; i++)
			pthread_create(&threads[i], NULL, serve, &outcome[i]);
		for (int i = 0; i < active; i++)
			pthread_join(threads[i], NULL);
		pthread_barrier_destroy(&gate);
		for (int i = 0; i < active; i++)
			printf("%lld %lld\n", (long long)outcome[i].first, (long long)outcome[i].second);
		printf("counted %d\n", counter);
		fflush(stdout);
	}
	return 0;
}
