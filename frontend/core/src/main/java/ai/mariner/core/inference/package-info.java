/**
 * The one way in for predictions from every API.
 *
 * <p>Starting points: {@link ai.mariner.core.inference.InferenceService}.
 */
@NullMarked
package ai.mariner.core.inference;

import org.jspecify.annotations.NullMarked;
