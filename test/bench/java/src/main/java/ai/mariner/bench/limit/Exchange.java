package ai.mariner.bench.limit;

import io.netty.buffer.ByteBuf;

/** One request that waits for its answer. All calls come from the loop of the link, in order. */
interface Exchange {
  /** The request's body; the link releases it. */
  ByteBuf body();

  /** The answer begins; so many bytes follow. */
  void begin(int length);

  /** More of the answer, now owned by the exchange. Not called for an empty answer. */
  void piece(ByteBuf bytes);

  /** No answer comes, or no more of it: Python has gone. The last call. */
  void lost();

  /** What was given since the last call should leave now. */
  void flush();
}
