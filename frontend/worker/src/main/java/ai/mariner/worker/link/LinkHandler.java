package ai.mariner.worker.link;

import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.WorkerError;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerMode;
import ai.mariner.worker.wire.FrameType;
import ai.mariner.worker.wire.ReplyDecoder;
import ai.mariner.worker.wire.ReplyHandler;
import ai.mariner.worker.wire.WireException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one connection: HELLO first, which finds the launch that it belongs to, then that worker's
 * frames.
 */
final class LinkHandler extends ByteToMessageDecoder implements ReplyHandler {
  private static final Logger log = LoggerFactory.getLogger(LinkHandler.class);

  /** Room for a HELLO, which is all that a stranger may send. */
  private static final int MAX_HELLO_BYTES = 64 * 1024;

  private static final int MIN_WRITABLE_BYTES = 64 * 1024;

  /** From this size on the parts of a frame stay where they arrived. */
  private static final int COMPOSITE_FRAME_BYTES = 256 * 1024;

  /** Smaller parts are copied together, so that a slow sender does not cost a buffer for each. */
  private static final int COMPOSITE_PART_BYTES = 16 * 1024;

  private final ExpectedWorkers expected;
  private final ReplyDecoder decoder;
  private @Nullable ChannelHandlerContext context;
  private ExpectedWorkers.@Nullable Expected worker;
  private @Nullable WorkerEvents events;
  private @Nullable Outbox outbox;
  private String closeReason = "the connection ended";
  private int frameBytes;

  LinkHandler(ExpectedWorkers expected, int maxResponseBytes) {
    this.expected = expected;
    this.decoder = new ReplyDecoder(maxResponseBytes);
    setCumulator(this::cumulate);
  }

  /**
   * Puts a frame that arrives in parts together: a large one of its parts, others in one buffer.
   */
  private ByteBuf cumulate(ByteBufAllocator allocator, ByteBuf cumulation, ByteBuf part) {
    boolean large =
        frameBytes >= COMPOSITE_FRAME_BYTES && part.readableBytes() >= COMPOSITE_PART_BYTES;
    return (large ? COMPOSITE_CUMULATOR : MERGE_CUMULATOR).cumulate(allocator, cumulation, part);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  /** Ends a connection that has not said who it is. */
  void closeIfUnknown() {
    ChannelHandlerContext ctx = context;
    if (events == null && ctx != null && ctx.channel().isActive()) {
      reject(ctx, "no HELLO in time");
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    while (in.isReadable()) {
      int missing;
      try {
        missing = decoder.decode(in, this);
      } catch (WireException e) {
        reject(ctx, "protocol error: " + e.getMessage());
        in.skipBytes(in.readableBytes());
        return;
      }
      frameBytes = missing;
      if (missing > 0) {
        if (events == null && missing > MAX_HELLO_BYTES) {
          reject(ctx, "first frame of " + missing + " bytes (expected: a HELLO)");
          in.skipBytes(in.readableBytes());
          return;
        }
        if (missing < COMPOSITE_FRAME_BYTES) {
          makeRoom(in, missing);
        }
        return;
      }
    }
  }

  /** Lets the rest of a frame arrive in the buffer that holds its beginning. */
  private static void makeRoom(ByteBuf in, int frameBytes) {
    // Bodies that were read before may still lie in the buffer; then its bytes stay where they are.
    if (in.refCnt() > 1 || in.writableBytes() >= MIN_WRITABLE_BYTES) {
      return;
    }
    if (frameBytes > in.capacity() - in.readerIndex()) {
      in.discardReadBytes();
      // A buffer that cannot grow is copied into a larger one when more arrives.
      in.ensureWritable(frameBytes - in.readableBytes(), false);
    }
  }

  @Override
  public void fields(FrameType type, int model, Map<String, String> fields) {
    if (type == FrameType.HELLO) {
      hello(fields);
    } else {
      known("LOADED").loaded(outcome(fields));
    }
  }

  @Override
  public void replies(FrameType type, int model, long run, List<ItemReply> items, boolean spent) {
    WorkerEvents known = events;
    if (known == null) {
      items.forEach(item -> item.reply().body().release());
      throw new WireException(type + " before HELLO");
    }
    known.replied(run, items, type == FrameType.RESULT, spent);
  }

  @Override
  public void bare(FrameType type, int model, long run) {
    if (type == FrameType.HEARTBEAT) {
      known("HEARTBEAT").heartbeat(run);
    } else if (type == FrameType.UNLOADED) {
      known("UNLOADED").unloaded();
    }
  }

  private WorkerEvents known(String frame) {
    WorkerEvents known = events;
    if (known == null) {
      throw new WireException(frame + " before HELLO");
    }
    return known;
  }

  private void hello(Map<String, String> fields) {
    ChannelHandlerContext ctx = context;
    if (events != null || ctx == null) {
      throw new WireException("a second HELLO");
    }
    long pid = pid(fields);
    ExpectedWorkers.Expected claimed = expected.claim(fields);
    if (claimed == null) {
      throw new WireException("HELLO of an unknown worker: " + fields.get("worker"));
    }
    if (claimed.takes(fields)) {
      ctx.close();
      return;
    }
    worker = claimed;
    events = claimed.events();
    claimed.connected(ctx.channel());
    outbox = Outbox.open(pid, fields.get("outbox"));
    NettyLink link = new NettyLink(ctx.channel(), outbox == null ? null : this::collect);
    claimed.events().connected(link, pid);
  }

  /** Tells what the worker has answered and not sent. */
  private void collect() {
    Outbox known = outbox;
    if (known != null) {
      known.collect(PooledByteBufAllocator.DEFAULT, decoder, this);
    }
  }

  private static long pid(Map<String, String> fields) {
    try {
      return Long.parseLong(fields.getOrDefault("pid", ""));
    } catch (NumberFormatException e) {
      throw new WireException("pid: " + fields.get("pid") + " (expected: a number)");
    }
  }

  private static LoadOutcome outcome(Map<String, String> fields) {
    if ("ok".equals(fields.get("status"))) {
      return loaded(fields);
    }
    WorkerError error =
        "OUT_OF_MEMORY".equals(fields.get("error"))
            ? WorkerError.OUT_OF_MEMORY
            : WorkerError.LOAD_FAILED;
    return LoadOutcome.failed(error, fields.get("message"), fields.get("trace"));
  }

  private static LoadOutcome loaded(Map<String, String> fields) {
    String word = fields.getOrDefault("mode", WorkerMode.SERIAL.word());
    WorkerMode mode = WorkerMode.ofWord(word);
    if (mode == null) {
      String text = "mode: " + word + " (expected: serial, concurrent or continuous)";
      return LoadOutcome.failed(WorkerError.LOAD_FAILED, text, null);
    }
    String streams = fields.get("streams");
    return new LoadOutcome(
        null,
        null,
        null,
        mode,
        slots(fields),
        streams == null ? null : Boolean.valueOf(streams),
        fields.get("dialect"),
        fields.get("declares"));
  }

  private static int slots(Map<String, String> fields) {
    try {
      return Math.max(1, Integer.parseInt(fields.getOrDefault("slots", "1")));
    } catch (NumberFormatException e) {
      throw new WireException("slots: " + fields.get("slots") + " (expected: a number)");
    }
  }

  private void reject(ChannelHandlerContext ctx, String reason) {
    log.warn("worker connection closed: {}", reason);
    closeReason = reason;
    ctx.close();
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    context = null;
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx);
    collect();
    Outbox emptied = outbox;
    if (emptied != null) {
      outbox = null;
      emptied.close();
    }
    ExpectedWorkers.Expected told = worker;
    worker = null;
    events = null;
    if (told != null) {
      told.disconnected(closeReason);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof java.io.IOException) {
      closeReason = "the connection broke: " + cause.getMessage();
      ctx.close();
      return;
    }
    log.error("fault while reading a worker's connection", cause);
    reject(ctx, "fault of the server: " + cause);
  }
}
