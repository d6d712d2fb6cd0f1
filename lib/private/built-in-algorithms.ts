/** One of SageMaker's built-in algorithms. */
export interface BuiltInAlgorithm {
  /** Name of its image's repository. */
  readonly repository: string;

  /** AWS's account that serves the image, by region. */
  readonly accounts: Readonly<Record<string, string>>;

  /**
   * Whether it writes checkpoints to `/opt/ml/checkpoints`, and goes on from those that lie there.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
   */
  readonly checkpoints: boolean;

  readonly defaultVersion: string;
  readonly versionPattern: RegExp;
  /** The pattern in words. */
  readonly versions: string;
}

/*
 * The accounts are those of the SageMaker Python SDK, version 2: its `image_uri_config/*.json` and the tests of its image
 * URIs, as read in 2026. AWS's own pages of registry paths by region are retired.
 */

/** Regions where one account serves all of the older algorithms, but for LDA. */
const SHARED = {
  'af-south-1': '455444449433',
  'ap-east-1': '286214385809',
  'ap-northeast-3': '867004704886',
  'ap-south-1': '991648021394',
  'ap-southeast-1': '475088953585',
  'ca-central-1': '469771592824',
  'cn-north-1': '390948362332',
  'cn-northwest-1': '387376663083',
  'eu-north-1': '669576153137',
  'eu-south-1': '257386234256',
  'eu-west-2': '644912444149',
  'eu-west-3': '749696950732',
  'me-south-1': '249704162688',
  'sa-east-1': '855470959533',
  'us-gov-west-1': '226302683700',
  'us-iso-east-1': '490574956308',
  'us-isob-east-1': '765400339828',
  'us-west-1': '632365934929',
};

/** Newer regions, which neither DeepAR nor LDA has come to. */
const NEWER = {
  'ap-south-2': '628508329040',
  'ap-southeast-3': '951798379941',
  'ap-southeast-4': '106583098589',
  'eu-central-2': '680994064768',
  'eu-south-2': '104374241257',
  'il-central-1': '898809789911',
  'me-central-1': '272398656194',
  'us-gov-east-1': '237065988967',
};

const TABULAR = {
  ...SHARED,
  ...NEWER,
  'ap-northeast-1': '351501993468',
  'ap-northeast-2': '835164637446',
  'ap-southeast-2': '712309505854',
  'eu-central-1': '664544806723',
  'eu-west-1': '438346466558',
  'us-east-1': '382416733822',
  'us-east-2': '404615174143',
  'us-west-2': '174872318107',
};

const VISION_AND_TEXT = {
  ...SHARED,
  ...NEWER,
  'ap-northeast-1': '501404015308',
  'ap-northeast-2': '306986355934',
  'ap-southeast-2': '544295431143',
  'eu-central-1': '813361260812',
  'eu-west-1': '685385470294',
  'us-east-1': '811284229777',
  'us-east-2': '825641698319',
  'us-west-2': '433757028032',
};

const DEEPAR = {
  ...SHARED,
  'ap-northeast-1': '633353088612',
  'ap-northeast-2': '204372634319',
  'ap-southeast-2': '514117268639',
  'eu-central-1': '495149712605',
  'eu-west-1': '224300973850',
  'us-east-1': '522234722520',
  'us-east-2': '566113047672',
  'us-west-2': '156387875391',
};

const LDA = {
  'ap-northeast-1': '258307448986',
  'ap-northeast-2': '293181348795',
  'ap-south-1': '991648021394',
  'ap-southeast-1': '475088953585',
  'ap-southeast-2': '297031611018',
  'ca-central-1': '469771592824',
  'eu-central-1': '353608530281',
  'eu-west-1': '999678624901',
  'eu-west-2': '644912444149',
  'us-east-1': '766337827248',
  'us-east-2': '999911452149',
  'us-gov-west-1': '226302683700',
  'us-iso-east-1': '490574956308',
  'us-isob-east-1': '765400339828',
  'us-west-1': '632365934929',
  'us-west-2': '266724342769',
};

const XGBOOST = {
  'af-south-1': '510948584623',
  'ap-east-1': '651117190479',
  'ap-northeast-1': '354813040037',
  'ap-northeast-2': '366743142698',
  'ap-northeast-3': '867004704886',
  'ap-south-1': '720646828776',
  'ap-south-2': '628508329040',
  'ap-southeast-1': '121021644041',
  'ap-southeast-2': '783357654285',
  'ap-southeast-3': '951798379941',
  'ap-southeast-4': '106583098589',
  'ca-central-1': '341280168497',
  'ca-west-1': '190319476487',
  'cn-north-1': '450853457545',
  'cn-northwest-1': '451049120500',
  'eu-central-1': '492215442770',
  'eu-central-2': '680994064768',
  'eu-north-1': '662702820516',
  'eu-south-1': '978288397137',
  'eu-south-2': '104374241257',
  'eu-west-1': '141502667606',
  'eu-west-2': '764974769150',
  'eu-west-3': '659782779980',
  'il-central-1': '898809789911',
  'me-central-1': '272398656194',
  'me-south-1': '801668240914',
  'sa-east-1': '737474898029',
  'us-east-1': '683313688378',
  'us-east-2': '257758044811',
  'us-gov-east-1': '237065988967',
  'us-gov-west-1': '414596584902',
  'us-iso-east-1': '833128469047',
  'us-isob-east-1': '281123927165',
  'us-isof-east-1': '108575199400',
  'us-isof-south-1': '124985052026',
  'us-west-1': '746614075791',
  'us-west-2': '246618743249',
};

function algorithm(name: string, accounts: Record<string, string>, checkpoints = false): [string, BuiltInAlgorithm] {
  // AWS advises 1, the stable version, and against `latest` in production.
  const versions = { defaultVersion: '1', versionPattern: /^(\d+|latest)$/, versions: 'a number, or latest' };
  return [name, { repository: name, accounts, checkpoints, ...versions }];
}

/** By the names that AWS's SDKs know them by. */
export const BUILT_IN_ALGORITHMS: ReadonlyMap<string, BuiltInAlgorithm> = new Map([
  algorithm('blazingtext', VISION_AND_TEXT),
  algorithm('factorization-machines', TABULAR),
  algorithm('forecasting-deepar', DEEPAR),
  algorithm('image-classification', VISION_AND_TEXT, true),
  algorithm('ipinsights', TABULAR),
  algorithm('kmeans', TABULAR),
  algorithm('knn', TABULAR),
  algorithm('lda', LDA),
  algorithm('linear-learner', TABULAR),
  algorithm('ntm', TABULAR),
  algorithm('object-detection', VISION_AND_TEXT, true),
  algorithm('object2vec', TABULAR),
  algorithm('pca', TABULAR),
  algorithm('randomcutforest', TABULAR),
  algorithm('semantic-segmentation', VISION_AND_TEXT, true),
  algorithm('seq2seq', VISION_AND_TEXT),
  [
    'xgboost',
    {
      repository: 'sagemaker-xgboost',
      accounts: XGBOOST,
      checkpoints: true,
      // not the newest: this one is known in all regions above.
      defaultVersion: '1.7-1',
      // older ones are no longer supported, have other tags, or other accounts.
      versionPattern: /^(1\.([2-9]|\d\d+)|[2-9]\.\d+)-\d+$/,
      versions: 'a version of the image from 1.2-1 on, such as 1.7-1',
    },
  ],
]);
