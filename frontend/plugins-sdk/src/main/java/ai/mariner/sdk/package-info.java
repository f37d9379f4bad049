/**
 * What plugins may do that TorchServe's SDK has no words for: decide who may call, and how batches
 * are formed.
 *
 * <p>Starting points: {@link ai.mariner.sdk.Authorizer}, {@link ai.mariner.sdk.BatchingPolicy}. A
 * jar names its classes in {@code META-INF/services}, in a file with the interface's name.
 */
@NullMarked
package ai.mariner.sdk;

import org.jspecify.annotations.NullMarked;
