/**
 * The JSON texts and sentences that REST and gRPC both show.
 *
 * <p>Starting points: {@link ai.mariner.view.ManagementView}, {@link ai.mariner.view.ErrorView}.
 */
@NullMarked
package ai.mariner.view;

import org.jspecify.annotations.NullMarked;
