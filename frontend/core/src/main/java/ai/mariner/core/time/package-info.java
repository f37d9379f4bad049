/**
 * Time and threads, handed in by constructor so that tests run in virtual time.
 *
 * <p>Starting points: {@link ai.mariner.core.time.Loop}.
 */
@NullMarked
package ai.mariner.core.time;

import org.jspecify.annotations.NullMarked;
