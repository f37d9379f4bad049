package ai.mariner.core.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.message.ModelRef;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphTest {
  private static GraphNode node(String name, String... inputs) {
    return new GraphNode(name, ModelRef.of("wf__" + name), List.of(inputs), 0, null);
  }

  private static void assertRefused(String why, GraphNode... nodes) {
    assertThatThrownBy(() -> new Graph(List.of(nodes), Graph.Exits.ONE)).hasMessage(why);
  }

  @Test
  void nodesAreOrderedByTheirInputs() {
    Graph graph =
        new Graph(
            List.of(node("d", "b", "c"), node("c", "a"), node("b", "a"), node("a")),
            Graph.Exits.ONE);
    List<String> names = new ArrayList<>();
    graph.nodes().forEach(each -> names.add(each.name()));
    assertThat(names).startsWith("a").endsWith("d").hasSize(4);
    assertThat(graph.inputs(graph.exits()[0])).containsExactly(2, 1);
    assertThat(graph.followers(0)).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void anEmptyGraphIsRefused() {
    assertRefused("The graph has no nodes (expected: at least one).");
  }

  @Test
  void aCycleIsShown() {
    assertRefused(
        "The graph has a cycle: b -> c -> d -> b.",
        node("a"),
        node("b", "a", "d"),
        node("c", "b"),
        node("d", "c"),
        node("e", "d"));
  }

  @Test
  void aNodeThatLeadsToItselfIsACycle() {
    assertRefused("The graph has a cycle: a -> a.", node("a", "a"));
  }

  @Test
  void anUnknownInputIsNamed() {
    assertRefused(
        "The graph leads from x to b, but there is no node x.", node("a"), node("b", "x"));
  }

  @Test
  void aNameMeansOneNode() {
    assertRefused("The graph has two nodes a (expected: one of each name).", node("a"), node("a"));
  }

  @Test
  void anInputIsGivenOnce() {
    assertRefused(
        "The graph leads twice from a to b (expected: once).", node("a"), node("b", "a", "a"));
  }

  @Test
  void onlyOneNodeAnswersTheClient() {
    assertRefused(
        "The graph ends in several nodes: b, c (expected: one, from which the client gets its"
            + " answer).",
        node("a"),
        node("b", "a"),
        node("c", "a"));
  }
}
