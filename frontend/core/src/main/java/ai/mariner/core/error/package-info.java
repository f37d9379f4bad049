/**
 * What can go wrong, as a closed list that the adapters turn into HTTP and gRPC statuses.
 *
 * <p>Starting points: {@link ai.mariner.core.error.ErrorKind}, {@link
 * ai.mariner.core.error.Failure}.
 */
@NullMarked
package ai.mariner.core.error;

import org.jspecify.annotations.NullMarked;
