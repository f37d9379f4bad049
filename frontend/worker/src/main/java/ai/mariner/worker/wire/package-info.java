/**
 * The grammar of {@code proto/wire/README.md} in Java: bytes to values and back, no sockets.
 *
 * <p>Starting points: {@link ai.mariner.worker.wire.CommandEncoder}, {@link
 * ai.mariner.worker.wire.ReplyDecoder}.
 */
@NullMarked
package ai.mariner.worker.wire;

import org.jspecify.annotations.NullMarked;
