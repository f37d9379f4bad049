package ai.mariner.core.job;

import java.time.Duration;

/**
 * Bounds of streamed answers.
 *
 * @param maxBufferBytes pieces kept for a slow reader whose batch mates must not wait
 * @param stallTimeout how long a stream may wait for its reader
 */
public record StreamLimits(long maxBufferBytes, Duration stallTimeout) {}
