package ai.mariner.grpc;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.ModelRef;
import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call whose messages wait for the authorizer: the first one, and each later one that names
 * another model than the one before. The call's own code begins when the first may go on.
 *
 * <p>Events are handled one at a time, in their order, by gRPC's thread or by the one that brings
 * the authorizer's word.
 */
final class AuthorizedCall<Q, R> extends ServerCall.Listener<Q> {
  private static final Logger log = LoggerFactory.getLogger(AuthorizedCall.class);

  private enum Event {
    READY,
    HALF_CLOSE,
    CANCEL,
    COMPLETE
  }

  /** A message; {@code null} stands for the end of a call that sends none. */
  private record Sent<Q>(@Nullable Q message) {}

  private final AuthorizerInterceptor door;
  private final ServerCall<Q, R> call;
  private final Metadata headers;
  private final ServerCallHandler<Q, R> next;
  private final Context grpc = Context.current();
  private final Object lock = new Object();

  // Guarded by the lock.
  private final Queue<Object> events = new ArrayDeque<>();
  private boolean busy;

  // Of whoever handles an event.
  private ServerCall.@Nullable Listener<Q> own;
  private @Nullable ModelRef allowed;
  private boolean ready;
  private boolean over;

  AuthorizedCall(
      AuthorizerInterceptor door,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    this.door = door;
    this.call = call;
    this.headers = headers;
    this.next = next;
    call.request(1);
  }

  @Override
  public void onMessage(Q message) {
    happened(new Sent<>(message));
  }

  @Override
  public void onHalfClose() {
    happened(Event.HALF_CLOSE);
  }

  @Override
  public void onCancel() {
    happened(Event.CANCEL);
  }

  @Override
  public void onComplete() {
    happened(Event.COMPLETE);
  }

  @Override
  public void onReady() {
    happened(Event.READY);
  }

  private void happened(Object event) {
    synchronized (lock) {
      events.add(event);
      if (busy) {
        return;
      }
      busy = true;
    }
    handleAll();
  }

  /** Handles what has happened, until there is no more or the authorizer has to be waited for. */
  private void handleAll() {
    while (true) {
      Object event;
      synchronized (lock) {
        event = events.poll();
        if (event == null) {
          busy = false;
          return;
        }
      }
      if (!handle(event)) {
        return;
      }
    }
  }

  @SuppressWarnings("unchecked") // Only messages of this call are ever queued.
  private boolean handle(Object event) {
    if (over) {
      if (event instanceof Sent<?> late) {
        door.refund(late.message());
      }
      return true;
    }
    if (event instanceof Sent<?> sent) {
      return take((Sent<Q>) sent);
    }
    ServerCall.Listener<Q> listener = own;
    if (listener != null) {
      tell(listener, (Event) event);
    } else if (event == Event.HALF_CLOSE) {
      return take(new Sent<>(null));
    } else if (event == Event.READY) {
      ready = true;
    } else {
      over = true;
    }
    return true;
  }

  private static void tell(ServerCall.Listener<?> listener, Event event) {
    switch (event) {
      case READY -> listener.onReady();
      case HALF_CLOSE -> listener.onHalfClose();
      case CANCEL -> listener.onCancel();
      case COMPLETE -> listener.onComplete();
    }
  }

  /** Hands a message on; false: the authorizer has been asked about it, whose word goes on here. */
  private boolean take(Sent<Q> sent) {
    ModelRef model = CalledModel.of(sent.message());
    boolean known = own != null && (model == null || model.equals(allowed));
    if (known || door.passes(sent.message())) {
      goOn(sent, model);
      return true;
    }
    door.ask(call, headers, model, refusal -> grpc.run(() -> answered(sent, model, refusal)));
    return false;
  }

  private void answered(Sent<Q> sent, @Nullable ModelRef model, @Nullable Failure refusal) {
    try {
      if (refusal != null) {
        refuse(sent, GrpcErrors.status(refusal, door.exposeErrors()));
      } else {
        goOn(sent, model);
      }
    } catch (RuntimeException e) {
      log.error("a call of {} failed", call.getMethodDescriptor().getFullMethodName(), e);
      refuse(sent, Status.INTERNAL.withDescription("Internal error of the server."));
    }
    handleAll();
  }

  private void goOn(Sent<Q> sent, @Nullable ModelRef model) {
    ServerCall.Listener<Q> listener = own;
    if (listener == null) {
      if (call.isCancelled()) {
        over = true;
        door.refund(sent.message());
        return;
      }
      listener = next.startCall(new Begun<>(call), headers);
      own = listener;
      if (ready) {
        listener.onReady();
      }
    }
    if (model != null) {
      allowed = model;
    }
    Q message = sent.message();
    if (message == null) {
      listener.onHalfClose();
    } else {
      listener.onMessage(message);
    }
  }

  private void refuse(Sent<Q> sent, Status status) {
    over = true;
    door.refund(sent.message());
    ServerCall.Listener<Q> listener = own;
    if (listener != null) {
      // Before the end, so that nothing is written behind it.
      listener.onCancel();
    }
    if (!call.isCancelled()) {
      call.close(status, new Metadata());
    }
  }

  /** The call as its own code sees it: the first message has been asked for already. */
  private static final class Begun<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final AtomicBoolean ahead = new AtomicBoolean(true);

    Begun(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public void request(int count) {
      int more = ahead.getAndSet(false) ? count - 1 : count;
      if (more > 0) {
        super.request(more);
      }
    }
  }
}
