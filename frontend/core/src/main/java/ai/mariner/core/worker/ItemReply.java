package ai.mariner.core.worker;

import ai.mariner.core.message.Reply;
import org.jspecify.annotations.Nullable;

/**
 * What a worker says of one request.
 *
 * @param itemId id of the request
 * @param ended in a piece: nothing more follows for this request
 * @param error absent: an answer
 * @param reply the answer; for an error its body is the message and its headers are {@code
 *     exception} and {@code detail}
 */
public record ItemReply(long itemId, boolean ended, @Nullable WorkerError error, Reply reply) {}
