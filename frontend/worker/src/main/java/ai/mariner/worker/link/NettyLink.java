package ai.mariner.worker.link;

import ai.mariner.core.message.Operation;
import ai.mariner.core.worker.LoadCommand;
import ai.mariner.core.worker.RunItem;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.worker.wire.CommandEncoder;
import ai.mariner.worker.wire.FrameType;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The connection to one worker; frames of one turn of the loop go out with one system call. */
final class NettyLink implements WorkerLink {
  private final Channel channel;
  private final CommandEncoder encoder;
  private final @Nullable Runnable collect;
  private int model;
  private boolean flushPending;

  /**
   * Makes the link of a connection.
   *
   * @param collect tells what the worker keeps in its outbox; absent: it must not keep anything
   */
  NettyLink(Channel channel, @Nullable Runnable collect) {
    this.channel = channel;
    this.encoder = new CommandEncoder(channel.alloc());
    this.collect = collect;
  }

  @Override
  public WorkerLink beside() {
    return new NettyLink(channel, collect);
  }

  @Override
  public void load(LoadCommand command) {
    model = command.handle();
    Map<String, String> fields = command.fields();
    if (collect != null) {
      fields = new HashMap<>(fields);
      fields.put("outbox", "true");
    }
    write(encoder.fields(FrameType.LOAD, model, fields));
  }

  @Override
  public void unload() {
    write(encoder.bare(FrameType.UNLOAD, model, 0));
  }

  @Override
  public void collect() {
    Runnable known = collect;
    if (known != null) {
      known.run();
    }
  }

  @Override
  public void run(long runId, Operation operation, List<? extends RunItem> items) {
    List<ByteBuf> buffers = encoder.run(model, runId, operation, items, System.nanoTime());
    for (int i = 0; i < buffers.size(); i++) {
      write(buffers.get(i));
    }
  }

  @Override
  public void flush() {
    if (flushPending) {
      flushPending = false;
      channel.flush();
    }
  }

  @Override
  public void cancel(long runId, long itemId, CancelReason reason) {
    write(encoder.cancel(model, runId, itemId, reason.code()));
  }

  @Override
  public void credit(long runId, long itemId, int pieces) {
    write(encoder.credit(model, runId, itemId, pieces));
  }

  @Override
  public void heartbeat(long number) {
    write(encoder.bare(FrameType.HEARTBEAT, 0, number));
  }

  @Override
  public void stop() {
    write(encoder.bare(FrameType.STOP, 0, 0));
  }

  @Override
  public void close() {
    channel.close();
  }

  private void write(ByteBuf frame) {
    channel.write(frame, channel.voidPromise());
    if (!flushPending) {
      flushPending = true;
      channel.eventLoop().execute(this::flush);
    }
  }
}
