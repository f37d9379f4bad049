/**
 * TorchServe's interfaces for plugins, under the names and with the signatures that jars built
 * against its SDK ask for.
 *
 * <p>Starting points: {@link org.pytorch.serve.servingsdk.ModelServerEndpoint}, {@link
 * org.pytorch.serve.servingsdk.snapshot.SnapshotSerializer}. What TorchServe has no words for is in
 * {@code ai.mariner.sdk}.
 */
package org.pytorch.serve.servingsdk;
