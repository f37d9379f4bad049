package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Cancellation;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer's place in the line of a connection.
 *
 * <p>The sink's methods may be called from any thread; everything else belongs to the connection's
 * event loop. What arrives before it is this answer's turn is kept until then.
 */
final class Exchange implements ResponseSink {
  private enum State {
    WAITING,
    STREAMING,
    DONE
  }

  private final HttpConnection connection;
  private final HttpRequest request;
  private final long id;
  private final String label;
  private final boolean ownLabel;
  private final long startNanos;
  private final StreamBacklog backlog = new StreamBacklog();
  private final HeldAnswer held = new HeldAnswer();
  private final Cancellation cancellation = new Cancellation();
  private State state = State.WAITING;
  private boolean head;
  private boolean keepAlive;
  private int status = 200;
  private Dialect dialect;
  private Framing framing = Framing.CHUNKS;
  private boolean inEvents;
  private long writtenNanos;
  private long chargedBytes;

  /**
   * Opens an exchange.
   *
   * @param connection where the answer goes
   * @param request the request's line and headers
   * @param id the server's number of the request
   * @param clientLabel label that the client chose; absent: {@code derivedLabel}
   * @param derivedLabel label made of the number
   * @param keepAlive whether the client wants to go on after this answer
   * @param startNanos when the request began to arrive
   */
  Exchange(
      HttpConnection connection,
      HttpRequest request,
      long id,
      @Nullable String clientLabel,
      String derivedLabel,
      boolean keepAlive,
      long startNanos) {
    this.connection = connection;
    this.dialect = connection.dialect();
    this.request = request;
    this.id = id;
    this.ownLabel = clientLabel != null;
    this.label = clientLabel != null ? clientLabel : derivedLabel;
    this.keepAlive = keepAlive;
    this.startNanos = startNanos;
  }

  HttpRequest request() {
    return request;
  }

  long id() {
    return id;
  }

  /** Who is at the other end of the connection; absent: somebody on a Unix socket. */
  @Nullable InetAddress peer() {
    return connection.peer();
  }

  /** What the client sees as {@code x-request-id}. */
  String label() {
    return label;
  }

  /** The label if the client chose it, else absent. */
  @Nullable String clientLabel() {
    return ownLabel ? label : null;
  }

  long startNanos() {
    return startNanos;
  }

  /** How the answer is written, and what keeps it from coming. */
  Dialect dialect() {
    return dialect;
  }

  /** Sets the dialect of the request's route; absent: it stays the listener's. */
  void speak(@Nullable Dialect ofRoute) {
    if (ofRoute != null) {
      dialect = ofRoute;
    }
  }

  /** Sets how pieces of the answer are set apart. Called before any is there. */
  void frame(Framing chosen) {
    framing = chosen;
  }

  /** Whether the answer that is being written consists of events. */
  boolean inEvents() {
    return inEvents;
  }

  /** Whether events are made of the pieces here, not by the handler. */
  boolean framesEvents() {
    return inEvents && framing != Framing.EVENTS_OF_HANDLER;
  }

  /** Whether a stream of events has told nothing for so long; if so, the time begins anew. */
  boolean commentDue(long now, long longestNanos) {
    boolean due =
        state == State.STREAMING && inEvents && head && now - writtenNanos >= longestNanos;
    if (due) {
      writtenNanos = now;
    }
    return due;
  }

  /** Counts bytes of the request's body, which {@link #refund} gives back at the end. */
  boolean charge(InflightBudget budget, long bytes) {
    if (!budget.tryAcquire(bytes)) {
      return false;
    }
    chargedBytes += bytes;
    return true;
  }

  /** Gives back what the request's body took of the budget. */
  void refund(InflightBudget budget) {
    if (chargedBytes > 0) {
      budget.release(chargedBytes);
      chargedBytes = 0;
    }
  }

  /** Status that was sent, once something was. */
  int status() {
    return status;
  }

  boolean isHeadRequest() {
    return HttpMethod.HEAD.equals(request.method());
  }

  boolean isHttp10() {
    return HttpVersion.HTTP_1_0.equals(request.protocolVersion());
  }

  boolean keepAlive() {
    return keepAlive;
  }

  /** Makes this the last answer of its connection. */
  void closeAfter() {
    keepAlive = false;
  }

  /** Whether nothing of the answer has been written. */
  boolean isUnanswered() {
    return state == State.WAITING;
  }

  @Override
  public void next(Reply piece) {
    backlog.added(piece.body().size());
    if (connection.inLoop()) {
      take(piece, false);
    } else {
      connection.execute(() -> take(piece, false), () -> piece.body().release());
    }
  }

  @Override
  public void end(Reply last) {
    if (connection.inLoop()) {
      take(last, true);
    } else {
      connection.execute(() -> take(last, true), () -> last.body().release());
    }
  }

  @Override
  public void fail(Failure failure) {
    if (connection.inLoop()) {
      takeFailure(failure);
    } else {
      connection.execute(() -> takeFailure(failure), () -> {});
    }
  }

  @Override
  public void onCancel(Runnable task) {
    cancellation.onCancel(task);
  }

  @Override
  public boolean isReady() {
    return backlog.isReady();
  }

  @Override
  public void onReady(Runnable task) {
    backlog.onReady(task);
  }

  @Override
  public long bufferedBytes() {
    return backlog.bytes();
  }

  /** Notes that the client has taken bytes of pieces, or that they were dropped. */
  void drained(long bytes) {
    backlog.drained(bytes);
  }

  /** Runs a task on the connection's loop, or the other one if the loop is gone. */
  void onLoop(Runnable task, Runnable otherwise) {
    if (connection.inLoop()) {
      task.run();
    } else {
      connection.execute(task, otherwise);
    }
  }

  /** Says that it is this answer's turn, and writes what has arrived. */
  void becomeHead() {
    head = true;
    while (state != State.DONE) {
      HeldAnswer.Step next = held.poll();
      if (next == null) {
        return;
      } else if (next instanceof HeldAnswer.Failed failed) {
        takeFailure(failed.failure());
      } else if (next instanceof HeldAnswer.Part part) {
        take(part.reply(), part.last());
      }
    }
  }

  /** Says that the client is gone: the request is cancelled, what comes is thrown away. */
  void leave() {
    if (state == State.DONE) {
      return;
    }
    state = State.DONE;
    held.release(this::drained);
    cancellation.cancel();
  }

  private void take(Reply reply, boolean last) {
    if (state == State.DONE) {
      if (!last) {
        drained(reply.body().size());
      }
      reply.body().release();
      return;
    }
    if (!head) {
      held.add(new HeldAnswer.Part(reply, last));
      return;
    }
    if (state == State.WAITING) {
      String problem = Replies.problem(reply);
      if (problem != null) {
        refuse(reply, last, problem);
        return;
      }
      Integer chosen = reply.status();
      status = chosen == null ? 200 : chosen;
      inEvents = framing.events(last) && framing.suits(reply);
    }
    if (inEvents) {
      writtenNanos = connection.now();
    }
    if (!last) {
      connection.writePiece(this, reply, state == State.WAITING);
      state = State.STREAMING;
      return;
    }
    boolean whole = state == State.WAITING;
    state = State.DONE;
    if (whole) {
      connection.writeWhole(this, reply);
    } else {
      connection.writeLast(this, reply);
    }
    connection.ended(this);
  }

  private void refuse(Reply reply, boolean last, String problem) {
    if (!last) {
      drained(reply.body().size());
    }
    reply.body().release();
    takeFailure(Failure.of(ErrorKind.OUTPUT_INVALID, problem));
    if (!last) {
      cancellation.tell();
    }
  }

  private void takeFailure(Failure failure) {
    if (state == State.DONE) {
      return;
    }
    if (!head) {
      held.add(new HeldAnswer.Failed(failure));
      return;
    }
    if (state == State.WAITING) {
      take(dialect.fail(failure), true);
      return;
    }
    state = State.DONE;
    if (inEvents) {
      connection.writeError(this, dialect.fail(failure));
      connection.ended(this);
    } else {
      connection.breakOff(this);
    }
  }
}
