/**
 * Registered models and everything that management can do with them.
 *
 * <p>{@link ai.mariner.core.model.ModelService} takes orders. {@link
 * ai.mariner.core.model.Registration} makes a model of an archive: its name ({@code ModelNaming}),
 * its options ({@code OptionSources}), its packages ({@code Equipment}), and its pool ({@code
 * ModelAssembly}). {@link ai.mariner.core.model.ModelRegistry} holds what is published, {@code
 * ModelSwap} replaces it, {@code Retirement} removes it. {@link ai.mariner.core.model.Workflows}
 * registers several models as one.
 */
@NullMarked
package ai.mariner.core.model;

import org.jspecify.annotations.NullMarked;
