package ai.mariner.worker.link;

import ai.mariner.core.message.Operation;
import ai.mariner.core.worker.LoadCommand;
import ai.mariner.core.worker.RunItem;
import ai.mariner.core.worker.WorkerLink;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The connections of a group of ranks as one: every rank is sent everything, in one order. */
final class RankLinks implements WorkerLink {
  private static final String DEVICE = "gpu_id";

  private final RankGroup group;
  private final List<WorkerLink> links;

  /**
   * Joins connections.
   *
   * @param links those of the ranks, in their order
   */
  RankLinks(RankGroup group, List<WorkerLink> links) {
    this.group = group;
    this.links = List.copyOf(links);
  }

  @Override
  public void load(LoadCommand command) {
    for (int rank = 0; rank < links.size(); rank++) {
      Map<String, String> fields = new HashMap<>(command.fields());
      // Each rank sees the devices of all, and uses its own.
      if (fields.containsKey(DEVICE)) {
        fields.put(DEVICE, Integer.toString(rank));
      }
      links.get(rank).load(new LoadCommand(command.handle(), fields));
    }
  }

  @Override
  public void unload() {
    throw new IllegalStateException("ranks have one model, and end with it");
  }

  @Override
  public WorkerLink beside() {
    throw new IllegalStateException("ranks have one model");
  }

  @Override
  public void run(long runId, Operation operation, List<? extends RunItem> items) {
    group.runs().begun(runId);
    links.forEach(link -> link.run(runId, operation, items));
  }

  @Override
  public void flush() {
    links.forEach(WorkerLink::flush);
  }

  @Override
  public void cancel(long runId, long itemId, CancelReason reason) {
    links.forEach(link -> link.cancel(runId, itemId, reason));
  }

  @Override
  public void credit(long runId, long itemId, int pieces) {
    links.forEach(link -> link.credit(runId, itemId, pieces));
  }

  @Override
  public void collect() {
    links.get(0).collect();
  }

  @Override
  public @Nullable String late() {
    return group.late();
  }

  @Override
  public void heartbeat(long number) {
    group.heartbeatAsked();
    links.forEach(link -> link.heartbeat(number));
  }

  @Override
  public void stop() {
    group.leaving();
    links.forEach(WorkerLink::stop);
  }

  @Override
  public void close() {
    group.leaving();
    links.forEach(WorkerLink::close);
  }
}
