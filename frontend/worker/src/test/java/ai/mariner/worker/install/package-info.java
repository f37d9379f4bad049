/** Tests of what archives ask for, its name, and where it is kept. */
@org.jspecify.annotations.NullMarked
package ai.mariner.worker.install;
