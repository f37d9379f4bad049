package ai.mariner.worker.link;

import ai.mariner.worker.wire.ReplyDecoder;
import ai.mariner.worker.wire.ReplyHandler;
import ai.mariner.worker.wire.WireException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers that a worker has written but not sent, in memory that it shares. What is there when the
 * process has ended was answered all the same.
 *
 * <p>Reading copies a few kilobytes from memory and never blocks.
 */
final class Outbox {
  private static final Logger log = LoggerFactory.getLogger(Outbox.class);

  /** How the system names the memory; no other file of a process is opened. */
  private static final String NAME = "/memfd:mariner-outbox";

  private static final int HEAD_BYTES = 8;

  private final FileChannel memory;

  private Outbox(FileChannel memory) {
    this.memory = memory;
  }

  /**
   * Opens the outbox of a process.
   *
   * @param pid the process
   * @param descriptor the memory's descriptor there, as its HELLO tells; absent: it has none
   * @return {@code null} if there is none, or the system does not let it be read
   */
  static @Nullable Outbox open(long pid, @Nullable String descriptor) {
    if (descriptor == null) {
      return null;
    }
    try {
      int number = Integer.parseUnsignedInt(descriptor);
      return open(Path.of("/proc", Long.toString(pid), "fd", Integer.toString(number)));
    } catch (IOException | IllegalArgumentException e) {
      log.debug("the outbox of process {} can't be read, so it keeps no answers", pid, e);
      return null;
    }
  }

  private static @Nullable Outbox open(Path link) throws IOException {
    if (!Files.readSymbolicLink(link).toString().startsWith(NAME)) {
      return null;
    }
    return new Outbox(FileChannel.open(link, StandardOpenOption.READ));
  }

  /**
   * Tells what is there now. It stays there until the worker has sent it, so it may be told again.
   */
  void collect(ByteBufAllocator allocator, ReplyDecoder decoder, ReplyHandler handler) {
    ByteBuf frames;
    try {
      frames = read(allocator);
    } catch (IOException e) {
      log.warn("the outbox of a worker can't be read", e);
      return;
    }
    try {
      while (frames.isReadable() && decoder.decode(frames, handler) == 0) {
        // Each turn reads one frame.
      }
    } catch (WireException e) {
      log.warn("the outbox of a worker holds what is no frame: {}", e.getMessage());
    } finally {
      frames.release();
    }
  }

  private ByteBuf read(ByteBufAllocator allocator) throws IOException {
    Head head = head();
    int size = (int) Math.min(head.size(), Math.max(0, memory.size() - HEAD_BYTES));
    ByteBuf frames = allocator.buffer(size);
    try {
      while (frames.readableBytes() < size) {
        int at = HEAD_BYTES + frames.readableBytes();
        if (frames.writeBytes(memory, at, size - frames.readableBytes()) <= 0) {
          break;
        }
      }
      if (head().round() != head.round()) {
        // Sent meanwhile, and perhaps written over.
        frames.clear();
      }
    } catch (IOException e) {
      frames.release();
      throw e;
    }
    return frames;
  }

  /** Bytes of frames, and how often they were sent. */
  private record Head(long size, int round) {}

  private Head head() throws IOException {
    ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES).order(ByteOrder.nativeOrder());
    return memory.read(head, 0) == HEAD_BYTES
        ? new Head(Integer.toUnsignedLong(head.getInt(0)), head.getInt(4))
        : new Head(0, 0);
  }

  void close() {
    try {
      memory.close();
    } catch (IOException e) {
      log.debug("closing an outbox", e);
    }
  }
}
