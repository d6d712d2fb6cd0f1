import { DynamoItemTable } from '../../lambda/core/store/item-table';
import { StudyRecord, TrialRecord } from '../../lambda/core/store/records';
import { StudyStore } from '../../lambda/core/store/study-store';

/** Reads a study's records from the table in the local runtime. */
export class StudyView {
  private readonly store: StudyStore;

  constructor(
    private readonly name: string,
    table: string,
    endpoint: string,
  ) {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    this.store = new StudyStore(new DynamoItemTable(table, { endpoint, region: 'us-east-1', credentials }));
  }

  async study(): Promise<StudyRecord | undefined> {
    return this.store.getStudy(this.name);
  }

  async trials(): Promise<TrialRecord[]> {
    const study = await this.study();
    return study === undefined ? [] : this.store.loadTrials(study);
  }
}
