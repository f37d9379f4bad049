/**
 * What the core counts and times, as a port.
 *
 * <p>Starting points: {@link ai.mariner.core.metrics.ServerMetrics}.
 */
@NullMarked
package ai.mariner.core.metrics;

import org.jspecify.annotations.NullMarked;
