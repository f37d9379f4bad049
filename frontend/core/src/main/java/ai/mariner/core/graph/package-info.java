/**
 * Requests that pass through several programs, whose order is a graph without cycles.
 *
 * <p>Starting points: {@link ai.mariner.core.graph.Graph} (what leads where), {@link
 * ai.mariner.core.graph.GraphPool} (the way in), {@code GraphRun} (one request).
 */
@NullMarked
package ai.mariner.core.graph;

import org.jspecify.annotations.NullMarked;
