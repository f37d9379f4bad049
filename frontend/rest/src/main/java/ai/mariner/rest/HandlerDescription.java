package ai.mariner.rest;

import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.view.ManagementView;
import java.nio.ByteBuffer;

/** Describes models with what their handlers tell of them ({@code customized=true}). */
final class HandlerDescription {
  private final RestContext context;

  HandlerDescription(RestContext context) {
    this.context = context;
  }

  /** Describes a model version to the client of the exchange. */
  void describe(Exchange exchange, ModelRef model) {
    context
        .models()
        .describe(model)
        .whenComplete(
            (models, thrown) -> {
              if (thrown != null) {
                exchange.fail(ServeException.failureOf(thrown));
              } else {
                ask(exchange, models.get(0));
              }
            });
  }

  private void ask(Exchange exchange, ModelStatus model) {
    InferenceRequest request =
        InferenceRequest.describe(exchange.id(), model.key(), exchange.clientLabel(), null);
    context.inference().submit(request, new Answer(exchange, model));
  }

  /** Puts the handler's answer into the description. */
  private record Answer(Exchange exchange, ModelStatus model) implements ResponseSink {
    @Override
    public void next(Reply piece) {
      piece.body().release();
    }

    @Override
    public void end(Reply last) {
      ByteBuffer view = last.body().bytes();
      byte[] bytes = new byte[view.remaining()];
      view.get(bytes);
      last.body().release();
      exchange.end(Replies.json(200, ManagementView.describe(model, bytes)));
    }

    @Override
    public void fail(Failure failure) {
      exchange.fail(failure);
    }

    @Override
    public void onCancel(Runnable task) {
      exchange.onCancel(task);
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void onReady(Runnable task) {
      task.run();
    }

    @Override
    public long bufferedBytes() {
      return 0;
    }
  }
}
