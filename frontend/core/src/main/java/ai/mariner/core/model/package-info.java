/**
 * Registered models and everything that management can do with them.
 *
 * <p>Starting points: {@link ai.mariner.core.model.ModelService}, {@link
 * ai.mariner.core.model.ModelRegistry}.
 */
@NullMarked
package ai.mariner.core.model;

import org.jspecify.annotations.NullMarked;
