package ai.mariner.plugins;

import ai.mariner.core.message.ModelRef;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.core.model.WorkerStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.pytorch.serve.servingsdk.Context;
import org.pytorch.serve.servingsdk.Model;
import org.pytorch.serve.servingsdk.ModelServerEndpointException;
import org.pytorch.serve.servingsdk.Worker;

/** The server as an endpoint sees it; its calls may wait for a model's loop. */
record EndpointContext(ServerSight sight) implements Context {
  private static final long WORKERS_SECONDS = 5;

  @Override
  public Properties getConfig() {
    Properties copy = new Properties();
    copy.putAll(sight.config());
    return copy;
  }

  @Override
  public Map<String, Model> getModels() {
    Map<String, Model> models = new HashMap<>();
    for (ai.mariner.core.model.Model model : sight.models().get()) {
      models.put(model.key().name(), new SeenModel(model, this));
    }
    return models;
  }

  private List<Worker> workers(ai.mariner.core.model.Model model) {
    ModelRef ref = new ModelRef(model.key().name(), model.key().version());
    List<Worker> workers = new ArrayList<>();
    try {
      for (ModelStatus status :
          sight.workers().apply(ref).toCompletableFuture().get(WORKERS_SECONDS, TimeUnit.SECONDS)) {
        status.workers().forEach(worker -> workers.add(new SeenWorker(worker)));
      }
    } catch (ExecutionException unregisteredMeanwhile) {
      return List.of();
    } catch (TimeoutException e) {
      throw new ModelServerEndpointException("the workers of " + ref + " can't be told now", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ModelServerEndpointException("interrupted", e);
    }
    return workers;
  }

  private record SeenModel(ai.mariner.core.model.Model model, EndpointContext context)
      implements Model {
    @Override
    public String getModelName() {
      return model.key().name();
    }

    @Override
    public String getModelUrl() {
      return model.location();
    }

    @Override
    public String getModelHandler() {
      String handler = model.handler();
      return handler == null ? "" : handler;
    }

    @Override
    public List<Worker> getModelWorkers() {
      return context.workers(model);
    }
  }

  private record SeenWorker(WorkerStatus status) implements Worker {
    @Override
    public boolean isRunning() {
      return status.state() == WorkerStatus.State.READY;
    }

    @Override
    public long getWorkerMemory() {
      return status.memoryBytes();
    }
  }
}
