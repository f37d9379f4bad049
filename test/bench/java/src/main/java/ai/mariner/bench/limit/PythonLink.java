package ai.mariner.bench.limit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The socket to the Python loop. Requests that arrive in one turn of the event loop leave together,
 * as frames of up to `batch` items; at most `inFlight` frames wait for their answers. All state
 * belongs to the event loop of the socket.
 */
final class PythonLink extends ChannelInboundHandlerAdapter {
  private static final int FRAME_HEAD_BYTES = 4;
  private static final int ITEM_HEAD_BYTES = 12;
  private static final int MAX_ROOM_BYTES = 1 << 20;

  /**
   * Bodies up to this size are copied into the frame: cheaper than handing them to the kernel one
   * by one.
   */
  static final int COPY_BYTES = 16 * 1024;

  private final int inFlight;
  private final int batch;
  private final Runnable onEnd;
  private final Queue<Exchange> waiting = new ArrayDeque<>();
  private final Queue<Exchange> sent = new ArrayDeque<>();
  private final List<Exchange> touched = new ArrayList<>();
  private final ByteBuf head = Unpooled.buffer(ITEM_HEAD_BYTES, ITEM_HEAD_BYTES);
  private int frames;
  private boolean pumpDue;
  private boolean lost;
  private int frameRest;
  private int itemRest;
  private @Nullable Exchange current;
  private @Nullable ChannelHandlerContext context;

  /**
   * Makes a link that is not yet connected; what is submitted before waits.
   *
   * @param inFlight frames that may wait for their answers, at least 1
   * @param batch items of a frame, at least 1
   * @param onEnd called when Python has closed the connection
   */
  PythonLink(int inFlight, int batch, Runnable onEnd) {
    this.inFlight = inFlight;
    this.batch = batch;
    this.onEnd = onEnd;
  }

  /** Takes a request; called on the loop of the socket. */
  void submit(Exchange exchange) {
    if (lost) {
      exchange.body().release();
      exchange.lost();
      return;
    }
    waiting.add(exchange);
    ChannelHandlerContext ctx = context;
    if (!pumpDue && ctx != null && frames < inFlight) {
      pumpDue = true;
      ctx.executor().execute(this::pump);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    context = ctx;
    pump();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    context = null;
    lost = true;
    Exchange half = current;
    current = null;
    if (half != null) {
      half.lost();
    }
    sent.forEach(Exchange::lost);
    sent.clear();
    for (Exchange exchange : waiting) {
      exchange.body().release();
      exchange.lost();
    }
    waiting.clear();
    onEnd.run();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  private void pump() {
    pumpDue = false;
    ChannelHandlerContext ctx = context;
    if (ctx == null || waiting.isEmpty() || frames >= inFlight) {
      return;
    }
    ByteBuf small = ctx.alloc().directBuffer(roomForNext());
    while (!waiting.isEmpty() && frames < inFlight) {
      frames++;
      small = writeFrame(ctx, small);
    }
    ctx.writeAndFlush(small, ctx.voidPromise());
  }

  /**
   * What the next frames are likely to need, if bodies are of one size, as under a load they are.
   */
  private int roomForNext() {
    Exchange next = waiting.peek();
    int size = next == null ? 0 : Math.min(COPY_BYTES, next.body().readableBytes());
    int items = Math.min(waiting.size(), (inFlight - frames) * batch);
    return Math.min(MAX_ROOM_BYTES, items * (FRAME_HEAD_BYTES + ITEM_HEAD_BYTES + size));
  }

  /**
   * Appends a frame to the buffer; large bodies go out beside it. Returns the buffer for what
   * follows.
   */
  private ByteBuf writeFrame(ChannelHandlerContext ctx, ByteBuf start) {
    ByteBuf out = start;
    int lengthAt = out.writerIndex();
    out.writeInt(0);
    int bytes = 0;
    ByteBuf lengthIn = out;
    List<ByteBuf> parts = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      Exchange exchange = waiting.poll();
      if (exchange == null) {
        break;
      }
      sent.add(exchange);
      ByteBuf body = exchange.body();
      int size = body.readableBytes();
      out.writeLong(i).writeInt(size);
      bytes += ITEM_HEAD_BYTES + size;
      if (size <= COPY_BYTES) {
        out.writeBytes(body);
        body.release();
      } else {
        parts.add(out);
        parts.add(body);
        out = ctx.alloc().directBuffer(COPY_BYTES);
      }
    }
    lengthIn.setInt(lengthAt, bytes);
    parts.forEach(part -> ctx.write(part, ctx.voidPromise()));
    return out;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    ByteBuf in = (ByteBuf) msg;
    try {
      while (in.isReadable()) {
        if (current != null) {
          takeBody(current, in);
        } else if (frameRest == 0) {
          takeFrameHead(in);
        } else {
          takeItemHead(in);
        }
      }
    } finally {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    // Python works on what follows while the answers are written.
    pump();
    touched.forEach(Exchange::flush);
    touched.clear();
  }

  private boolean headComplete(ByteBuf in, int size) {
    in.readBytes(head, Math.min(size - head.readableBytes(), in.readableBytes()));
    return head.readableBytes() == size;
  }

  private void takeFrameHead(ByteBuf in) {
    if (headComplete(in, FRAME_HEAD_BYTES)) {
      frameRest = head.readInt();
      head.clear();
    }
  }

  private void takeItemHead(ByteBuf in) {
    if (!headComplete(in, ITEM_HEAD_BYTES)) {
      return;
    }
    head.readLong();
    int length = head.readInt();
    head.clear();
    Exchange exchange = sent.remove();
    itemRest = length;
    frameRest -= ITEM_HEAD_BYTES + length;
    exchange.begin(length);
    if (length > 0) {
      current = exchange;
    } else {
      touched.add(exchange);
      itemEnded();
    }
  }

  private void takeBody(Exchange exchange, ByteBuf in) {
    int size = Math.min(itemRest, in.readableBytes());
    itemRest -= size;
    exchange.piece(in.readRetainedSlice(size));
    touched.add(exchange);
    if (itemRest == 0) {
      current = null;
      itemEnded();
    }
  }

  private void itemEnded() {
    if (frameRest == 0) {
      frames--;
    }
  }
}
