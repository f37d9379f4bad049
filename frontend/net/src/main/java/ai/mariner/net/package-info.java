/**
 * Netty plumbing that the REST, gRPC and worker adapters share: which transport this machine has,
 * loops and bodies.
 *
 * <p>Starting points: {@link ai.mariner.net.Transport}, {@link ai.mariner.net.NettyLoop}, {@link
 * ai.mariner.net.NettyBody}.
 */
@NullMarked
package ai.mariner.net;

import org.jspecify.annotations.NullMarked;
