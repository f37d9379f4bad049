package ai.mariner.core.config;

import java.time.Duration;

/**
 * When the number of workers follows the load, between {@code minWorkers} and {@code maxWorkers}.
 *
 * @param queueWait a worker is added while the oldest waiting request has waited for longer
 * @param cooldown least time between two changes; a worker is taken away after so long without need
 *     for it
 */
public record Autoscale(Duration queueWait, Duration cooldown) {}
