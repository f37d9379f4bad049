package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;

/** One connection in memory: bytes in, bytes out, and a check that no buffer is left over. */
final class Wire implements AutoCloseable {
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
  final EmbeddedChannel channel = new EmbeddedChannel();

  Wire(Listener listener) {
    channel.config().setAllocator(allocator);
    HttpPipeline.install(channel, listener, 8192, null);
  }

  Wire send(String text) {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  Wire send(byte[] bytes) {
    ByteBuf buffer = allocator.heapBuffer(bytes.length + 1).writeBytes(bytes);
    channel.writeInbound(buffer);
    channel.runPendingTasks();
    return this;
  }

  /** Sends the bytes one by one. */
  Wire drip(String text) {
    for (byte each : text.getBytes(StandardCharsets.ISO_8859_1)) {
      send(new byte[] {each});
    }
    return this;
  }

  /** Everything that was sent since the last call. */
  String received() {
    channel.runPendingTasks();
    StringBuilder text = new StringBuilder();
    ByteBuf out;
    while ((out = channel.readOutbound()) != null) {
      text.append(out.toString(StandardCharsets.UTF_8));
      out.release();
    }
    return text.toString();
  }

  ByteBufAllocator allocator() {
    return allocator;
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() {
    String unread = received();
    channel.finishAndReleaseAll();
    assertThat(allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory())
        .as("bytes that nobody released; unread output: %s", unread)
        .isZero();
  }
}
