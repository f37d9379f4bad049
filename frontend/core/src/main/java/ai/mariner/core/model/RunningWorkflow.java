package ai.mariner.core.model;

import ai.mariner.core.graph.GraphPool;
import ai.mariner.core.message.ModelRef;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a workflow's archive was made into.
 *
 * @param pools the requests that are in it, by graph
 * @param programs models that are its own
 * @param application the way in if it is an application; absent: it is a workflow of one graph
 */
record RunningWorkflow(
    List<GraphPool> pools, List<ModelRef> programs, @Nullable Application application) {
  RunningWorkflow {
    pools = List.copyOf(pools);
    programs = List.copyOf(programs);
  }
}
