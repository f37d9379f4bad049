package ai.mariner.core.config;

import java.time.Duration;

/**
 * How a client has to send its requests.
 *
 * @param maxHeaders number of headers of a request
 * @param headerTimeout how long request line and headers may take, from their first byte
 * @param leastBodyRate bytes a second that a body has to come with on average; 0: any
 * @param bodyGrace head start of each body before its rate counts
 */
public record IntakeLimits(
    int maxHeaders, Duration headerTimeout, int leastBodyRate, Duration bodyGrace) {}
