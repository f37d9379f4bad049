package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.config.Profile;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Operation;
import ai.mariner.core.model.RegisterWorkflow;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WorkflowRoutesTest {
  private final TestServer server = new TestServer();

  private String manage(String line) {
    return manage(server, line);
  }

  private static String manage(TestServer asked, String line) {
    try (Wire wire = new Wire(asked.listener(Api.MANAGEMENT))) {
      return wire.send(line + " HTTP/1.1\r\nHost: localhost\r\n\r\n").received();
    }
  }

  @Test
  void registersAWorkflow() {
    assertThat(manage("POST /workflows?url=flow.war&workflow_name=f&response_timeout=7"))
        .startsWith("HTTP/1.1 200 ")
        .contains("Workflow flow has been registered and scaled successfully.");
    assertThat(manage("POST /workflows?url=https://b.s3.amazonaws.com/f.war&s3_sse_kms=true"))
        .startsWith("HTTP/1.1 200 ");
    assertThat(server.workflows.orders)
        .containsExactly(
            new RegisterWorkflow("flow.war", "f", Duration.ofSeconds(7), null),
            new RegisterWorkflow(
                "https://b.s3.amazonaws.com/f.war", null, null, null, false, true));
  }

  @Test
  void aRegistrationThatIsNoneIsRefused() {
    assertThat(manage("POST /workflows"))
        .startsWith("HTTP/1.1 400 ")
        .contains("Parameter url is required.");
    assertThat(manage("POST /workflows?url=flow.war&name=f"))
        .startsWith("HTTP/1.1 400 ")
        .contains("Unknown parameter");
    assertThat(server.workflows.orders).isEmpty();
  }

  @Test
  void theSwitchForModelsGovernsWorkflows() {
    TestServer off =
        new TestServer(Profile.TORCHSERVE, AccessPolicy.OPEN, config -> config.modelApi(false));
    assertThat(manage(off, "POST /workflows?url=flow.war")).startsWith("HTTP/1.1 405 ");
    assertThat(manage(off, "DELETE /workflows/flow")).startsWith("HTTP/1.1 405 ");
    assertThat(manage(off, "GET /workflows")).startsWith("HTTP/1.1 200 ");
    assertThat(off.workflows.orders).isEmpty();
  }

  @Test
  void listsPages() {
    assertThat(manage("GET /workflows"))
        .startsWith("HTTP/1.1 200 ")
        .contains("\"workflowName\": \"flow\"", "\"workflowUrl\": \"other.war\"")
        .doesNotContain("nextPageToken");
    assertThat(manage("GET /workflows?limit=1"))
        .contains("\"nextPageToken\": \"1\"", "flow")
        .doesNotContain("other");
    assertThat(manage("GET /workflows?limit=1&next_page_token=1"))
        .contains("other")
        .doesNotContain("nextPageToken");
  }

  @Test
  void describesAWorkflow() {
    assertThat(manage("GET /workflows/flow"))
        .startsWith("HTTP/1.1 200 ")
        .contains(
            "\"workflowName\": \"flow\"",
            "\"minWorkers\": 2",
            "\"maxWorkers\": 3",
            "\"batchSize\": 4",
            "\"maxBatchDelay\": 50",
            "\"workflowDag\": \"{pre=[m1]}\"");
    assertThat(manage("GET /workflows/none"))
        .startsWith("HTTP/1.1 404 ")
        .contains("Workflow not found: none");
  }

  @Test
  void unregistersAWorkflow() {
    assertThat(manage("DELETE /workflows/flow"))
        .startsWith("HTTP/1.1 200 ")
        .contains("Workflow \\\"flow\\\" unregistered");
  }

  @Test
  void aPredictionGoesToTheWorkflow() {
    try (Wire wire = new Wire(server.listener(Api.INFERENCE))) {
      String head = "POST /wfpredict/flow HTTP/1.1\r\nHost: localhost\r\n";
      String answer =
          wire.send(head + "X-Request-Timeout-Ms: 500\r\nContent-Length: 1\r\n\r\nx").received();
      assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("x");
    }
    InferenceRequest request = server.workflows.requests.get(0);
    assertThat(request.model().name()).isEqualTo("flow");
    assertThat(request.operation()).isEqualTo(Operation.PREDICT);
    assertThat(request.timeoutNanos()).isEqualTo(Duration.ofMillis(500).toNanos());
    assertThat(request.admitted()).isFalse();
  }
}
