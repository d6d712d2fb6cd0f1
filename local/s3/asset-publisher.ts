import { readFileSync } from 'node:fs';
import { zippedAsset } from '../sagemaker/asset-archive';
import type { AssetLookup } from '../template/description';
import type { ObjectStore } from './object-store';

/** Puts an asset of the app into the bucket when it is first asked for, as the CDK puts all of them there at deployment. */
export class AssetPublisher {
  constructor(
    private readonly assets: AssetLookup,
    private readonly store: ObjectStore,
    private readonly cacheFolder: string,
  ) {}

  /** @param key of an object, or a prefix of keys */
  publish(bucket: string, key: string): void {
    const asset = this.assets.byKey(key);
    const uri = `s3://${bucket}/${key}`;
    if (asset === undefined || this.store.exists(uri)) return;
    const file = asset.packaging === 'zip' ? zippedAsset(asset.path, this.cacheFolder, key) : asset.path;
    this.store.put(uri, readFileSync(file));
  }
}
