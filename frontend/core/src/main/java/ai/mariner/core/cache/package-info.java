/**
 * Answers that are given again, and identical requests that wait for one answer. Used on the pool's
 * loop.
 *
 * <p>Starting point: {@link ai.mariner.core.cache.AnswerCache}.
 */
@NullMarked
package ai.mariner.core.cache;

import org.jspecify.annotations.NullMarked;
